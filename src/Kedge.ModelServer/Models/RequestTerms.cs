using System.Runtime.InteropServices;
using Kedge.ModelServer.Metrics;

namespace Kedge.ModelServer.Models;

/// <summary>What a request asks for beside its tensors, whichever protocol brought it.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct RequestTerms
{
    /// <summary>When its body was here whole: a timestamp of the process's clock.</summary>
    internal required long Started { get; init; }

    /// <summary>
    /// Before others when smaller, 1 or more; 0 for what the model gives to requests that say nothing.
    /// </summary>
    internal int Priority { get; init; }

    /// <summary>How long it may wait before it is computed; zero for as long as the model allows.</summary>
    internal TimeSpan Timeout { get; init; }

    /// <summary>False for a request that counts in no figures: the agent's probe.</summary>
    internal bool IsCounted { get; init; }

    /// <summary>Counts requests of whoever asked; null where nobody knows.</summary>
    internal ClientCounter? Client { get; init; }

    /// <summary>Cancelled when whoever asked has gone.</summary>
    internal CancellationToken Gone { get; init; }
}
