using Kedge.Wire.Reported;

namespace Kedge.Agent.Commands;

/// <summary>What <c>kedge-agent status -o json</c> prints. Never compared.</summary>
internal sealed record StatusDocument
{
    /// <summary>True when an agent answered; false when its ledger was read instead.</summary>
    public required bool Running { get; init; }

    /// <summary>Process id of the agent; 0 when none runs.</summary>
    public int Pid { get; init; }

    public required string Tenant { get; init; }

    public required string Device { get; init; }

    public string AgentVersion { get; init; } = "";

    /// <summary>Host and port of the device link.</summary>
    public string Server { get; init; } = "";

    public bool LinkUp { get; init; }

    public ProblemMessage? LinkProblem { get; init; }

    /// <summary>When the device's certificate ends, RFC 3339.</summary>
    public string CertificateUntil { get; init; } = "";

    public string Sandbox { get; init; } = "";

    /// <summary>True when the inventory is that of a captured machine.</summary>
    public bool Simulated { get; init; }

    /// <summary>Messages that wait for the server.</summary>
    public int Unsent { get; init; }

    /// <summary>Why nothing that serves is replaced; null while nobody holds the device.</summary>
    public string? Held { get; init; }

    public required StatusMessage Status { get; init; }
}
