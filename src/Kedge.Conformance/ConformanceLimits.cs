namespace Kedge.Conformance;

/// <summary>Limits of the program; a server that passes one of them has failed the check at hand.</summary>
internal static class ConformanceLimits
{
    /// <summary>Bytes of an answer's head.</summary>
    internal const int HeadBytesMax = 64 * 1024;

    /// <summary>Bytes of an answer's body: no check asks for more than a few thousand elements.</summary>
    internal const int BodyBytesMax = 16 * 1024 * 1024;

    /// <summary>Characters of a request or an answer that a report shows.</summary>
    internal const int ShownCharsMax = 1200;

    /// <summary>Exchanges that a report shows of one check, the last ones.</summary>
    internal const int ShownExchangesMax = 3;

    /// <summary>Models that are checked, in the order in which they were found.</summary>
    internal const int ModelsMax = 64;

    /// <summary>Elements that a checking tensor may have; a model that needs more is not asked.</summary>
    internal const int ElementsMax = 1 << 20;

    /// <summary>How long one check may take.</summary>
    internal static readonly TimeSpan CheckTime = TimeSpan.FromSeconds(30);
}
