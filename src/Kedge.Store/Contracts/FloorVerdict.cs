namespace Kedge.Store.Contracts;

/// <summary>What became of a raised floor.</summary>
public enum FloorVerdict
{
    /// <summary>Never given.</summary>
    Unknown = 0,

    /// <summary>The next generation lies above it from now on.</summary>
    Raised = 1,

    /// <summary>The next generation lay above it already.</summary>
    AlreadyAbove = 2,

    /// <summary>No device of that name.</summary>
    UnknownDevice = 3,

    /// <summary>Above <see cref="StoreLimits.GenerationFloorMax"/>: no honest device has that.</summary>
    OutOfRange = 4,
}
