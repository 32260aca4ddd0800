using Kedge.Core.Device;

namespace Kedge.Core.Sites;

/// <summary>What may be sent now.</summary>
/// <param name="Line">Bytes per second to all devices of a site together, 0 for no limit.</param>
/// <param name="Device">Bytes per second to each device, 0 for no limit.</param>
public readonly record struct PaceRates(long Line, long Device)
{
    /// <summary>Smallest piece that is sent at once, in bytes.</summary>
    public const int PieceBytesMin = 16 * Limits.KiB;

    /// <summary>Largest piece that is sent at once while a limit holds, in bytes.</summary>
    public const int PieceBytesMax = 256 * Limits.KiB;

    /// <summary>Pieces a second at which they begin to grow: a timer is no finer than some milliseconds.</summary>
    private const int PiecesPerSecond = 64;

    /// <summary>True when nothing holds anything back.</summary>
    public bool IsNone => Line == 0 && Device == 0;

    /// <summary>How much may be sent at once, in bytes.</summary>
    public int PieceBytes => IsNone
        ? int.MaxValue
        : (int)Math.Clamp(BandwidthRule.Least(Line, Device) / PiecesPerSecond, PieceBytesMin, PieceBytesMax);
}
