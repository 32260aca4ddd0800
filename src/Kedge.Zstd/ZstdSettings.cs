namespace Kedge.Zstd;

/// <summary>How hard to try.</summary>
/// <param name="Level">1 is fastest, 19 smallest; higher ones cost memory on the reading side and are not used.</param>
/// <param name="WindowLog">How far back matches may reach, as a power of two in bytes, 10..27; 0 leaves it to the
/// level.</param>
/// <param name="FindsFarMatches">Looks for long matches in the whole window, which helps where window or prefix have
/// several MiB.</param>
public readonly record struct ZstdSettings(int Level, int WindowLog = 0, bool FindsFarMatches = false)
{
    /// <summary>Highest level that is used.</summary>
    public const int LevelMax = 19;

    /// <summary>Widest window, as a power of two: 128 MiB, what every reader accepts unasked.</summary>
    public const int WindowLogMax = 27;
}
