namespace Kedge.Examples.Bearing;

/// <summary>What the model tells apart. The numbers are the labels, so 0 has a meaning of its own.</summary>
public enum BearingCondition
{
    /// <summary>No fault.</summary>
    Normal = 0,

    /// <summary>A spall on the inner race, which turns with the shaft and so moves in and out of the load.</summary>
    InnerRace = 1,

    /// <summary>A spall on the outer race, which stands still in the load.</summary>
    OuterRace = 2,

    /// <summary>A spall on a ball, which strikes both races and moves with the cage.</summary>
    Ball = 3,
}
