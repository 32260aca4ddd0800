namespace Kedge.Core.Models;

/// <summary>Where the expected outputs of a golden set come from, which says what agreement with them proves.</summary>
public enum GoldenSource
{
    /// <summary>Not known to this version.</summary>
    Unknown = 0,

    /// <summary>Given by the model's author: agreement proves that the model does its job.</summary>
    Author = 1,

    /// <summary>
    /// Recorded from the bare runtime at push: agreement proves only that the device computes the same.
    /// </summary>
    Recorded = 2,
}
