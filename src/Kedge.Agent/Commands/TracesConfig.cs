using Kedge.Core;
using Kedge.Core.Manifests;

namespace Kedge.Agent.Commands;

/// <summary>What this device keeps of traces, as <c>agent.json</c> says it.</summary>
internal sealed record TracesConfig
{
    /// <summary>Least room that is taken, in bytes: the longest line is a quarter of it.</summary>
    internal const int BytesMin = 256 * Limits.KiB;

    /// <summary>Room on disk, as <c>16Mi</c>.</summary>
    public string BytesMax { get; set; } = "16Mi";

    /// <summary>The same in bytes; 0 for what is not taken.</summary>
    internal long Bytes() =>
        Quantity.TryParseBytes(BytesMax ?? "", out long bytes) && bytes >= BytesMin ? bytes : 0;
}
