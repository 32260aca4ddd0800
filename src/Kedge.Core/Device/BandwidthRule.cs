using System.Collections.Immutable;
using Kedge.Core.Deployments;

namespace Kedge.Core.Device;

/// <summary>
/// How fast a device may fetch content, by its own local time of day. A window stands in for the default while it is
/// open; of several that are open the smallest counts. Never compared.
/// </summary>
/// <param name="Default">Bytes per second outside all windows, 0 for no limit,
/// else <see cref="Limits.FetchBytesPerSecondMin"/> or more.</param>
/// <param name="Windows">At most <see cref="MaintenanceWindow.CountMax"/>.</param>
public sealed record BandwidthRule(long Default, ImmutableArray<BandwidthWindow> Windows)
{
    /// <summary>No limit at any time.</summary>
    public static readonly BandwidthRule None = new(0, []);

    /// <summary>Bytes per second while the clock on the wall shows a time; 0 for no limit.</summary>
    public long At(DateTime local)
    {
        long? open = null;
        foreach (BandwidthWindow window in Windows)
        {
            if (window.Time.Contains(local))
            {
                open = Least(open ?? window.BytesPerSecond, window.BytesPerSecond);
            }
        }

        return open ?? Default;
    }

    /// <summary>The smaller of two limits, where 0 stands for none.</summary>
    public static long Least(long a, long b) => a == 0 ? b : b == 0 ? a : Math.Min(a, b);
}

/// <summary>A limit for a time of the week.</summary>
/// <param name="Time">When it counts.</param>
/// <param name="BytesPerSecond">The limit, 0 for none, else <see cref="Limits.FetchBytesPerSecondMin"/> or
/// more.</param>
public sealed record BandwidthWindow(MaintenanceWindow Time, long BytesPerSecond);
