using Kedge.Core.Borders;
using Kedge.Core.Device;

namespace Kedge.Agent.Content;

/// <summary>What became of the content of a release.</summary>
internal abstract record FetchResult
{
    private FetchResult()
    {
    }

    /// <summary>All of it is there, verified just now.</summary>
    internal sealed record Ready(PreparedRelease Release) : FetchResult;

    /// <summary>Some of it is not there; the disk alone cannot give it.</summary>
    internal sealed record Missing : FetchResult;

    /// <summary>It cannot be had.</summary>
    internal sealed record Failed(Blame Blame, Problem Problem) : FetchResult;
}
