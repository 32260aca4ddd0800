namespace Kedge.Content.Delta.Coding;

/// <summary>What an element's difference is taken from.</summary>
internal enum DifferenceReference
{
    /// <summary>Nothing was chosen.</summary>
    Unknown = 0,

    /// <summary>The element at the same place of the base.</summary>
    Base = 1,

    /// <summary>Zero: the element itself is written.</summary>
    Zero = 2,

    /// <summary>The element before it; zero for the first.</summary>
    Previous = 3,
}
