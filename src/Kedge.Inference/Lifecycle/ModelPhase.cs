namespace Kedge.Inference.Lifecycle;

/// <summary>Where one version of a model is between its file and its memory.</summary>
public enum ModelPhase
{
    /// <summary>Not a valid value.</summary>
    Unknown = 0,

    /// <summary>Nobody can ask it: it was never loaded, could not be, or was unloaded by request.</summary>
    Absent = 1,

    /// <summary>Its memory was given back to make room; the next request loads it again.</summary>
    Resting = 2,

    /// <summary>It is being loaded, or waits for the loader.</summary>
    Loading = 3,

    /// <summary>It is in memory and takes requests.</summary>
    Ready = 4,

    /// <summary>
    /// It is in memory and takes no new request: it leaves to make room, once the last of its requests is done.
    /// </summary>
    Leaving = 5,

    /// <summary>Its memory is being given back, to rest.</summary>
    Emptying = 6,

    /// <summary>It was told to go: it takes no new request, and is absent once the last one is done.</summary>
    Unloading = 7,
}
