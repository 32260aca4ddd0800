using System.Collections.Immutable;
using Kedge.Core.Fleet;

namespace Kedge.Agent.Inventory;

/// <summary>The facts of a device that its tree of files does not tell. Never compared.</summary>
public sealed record InventoryContext
{
    /// <summary>True when the tree was captured on another machine.</summary>
    public bool Simulated { get; init; }

    /// <summary>Absolute path of the folder whose free space counts; empty for a captured tree.</summary>
    public string DataFolder { get; init; } = "";

    /// <summary>Version of the agent.</summary>
    public string AgentVersion { get; init; } = "";

    /// <summary>The sandbox that passed its self-test; empty where none did.</summary>
    public string Sandbox { get; init; } = "";

    /// <summary>Protections that this device cannot give, each a short sentence.</summary>
    public ImmutableArray<string> MissingProtections { get; init; } = [];

    /// <summary>True when the device's own configuration allows workloads without a sandbox.</summary>
    public bool AllowsNoSandbox { get; init; }

    /// <summary>Model runtimes of the device.</summary>
    public ImmutableArray<RuntimeFacts> Runtimes { get; init; } = [];

    /// <summary>Architecture that this program runs on, as <c>x64</c>; not looked at for a captured tree.</summary>
    public string HostArchitecture { get; init; } = "";
}
