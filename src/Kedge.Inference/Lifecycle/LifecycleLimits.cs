namespace Kedge.Inference.Lifecycle;

/// <summary>Limits of loading and unloading, with reason.</summary>
public static class LifecycleLimits
{
    /// <summary>Pause after a load that failed: requests meanwhile are refused at once.</summary>
    public static readonly TimeSpan RetryMin = TimeSpan.FromSeconds(1);

    /// <summary>Longest pause: a file that was repaired is found again within it.</summary>
    public static readonly TimeSpan RetryMax = TimeSpan.FromSeconds(60);

    /// <summary>
    /// Longest time that a model stays after a load that requests waited for. It stays as long as the load took, so
    /// that models which push each other out spend half of the time computing at least.
    /// </summary>
    public static readonly TimeSpan StayMax = TimeSpan.FromSeconds(2);

    /// <summary>Requests and others that may wait for loads of one process; one more is refused.</summary>
    public const int WaitersMax = 4096;
}
