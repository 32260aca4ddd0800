using Kedge.Core.Errors;

namespace Kedge.Agent.Sandbox;

/// <summary>Errors of sandboxes, of the processes in them and of their listeners.</summary>
public static class SandboxErrors
{
    /// <summary>No OCI runtime.</summary>
    public static readonly ErrorCode NoRuntime = new(
        "KEDGE-SANDBOX-001",
        "No OCI runtime (crun or runc) on this device passed its self-test.",
        "Install runc or crun and start the agent again; `kedge-agent doctor` says what each of them answered.");

    /// <summary>The runtime did not start a container.</summary>
    public static readonly ErrorCode StartFailed = new(
        "KEDGE-SANDBOX-002",
        "The OCI runtime could not start a sandbox.",
        "The message holds its last words. The device tries again by itself.");

    /// <summary>The model server ended before its models were loaded.</summary>
    public static readonly ErrorCode EndedEarly = new(
        "KEDGE-SANDBOX-003",
        "The model server ended before its models were loaded.",
        "Look at `kedge logs`; a memory limit below what the model needs is the usual reason.");

    /// <summary>The model server did not become ready.</summary>
    public static readonly ErrorCode NotReady = new(
        "KEDGE-SANDBOX-004",
        "The model server did not load its models in time.",
        "Give it more CPU or memory, or use a smaller variant.");

    /// <summary>A model could not be loaded.</summary>
    public static readonly ErrorCode NotLoaded = new(
        "KEDGE-SANDBOX-005",
        "The model server could not load a model.",
        "The message holds the runtime's reason. Push a model that the runtime of this device supports.");

    /// <summary>Golden samples missed.</summary>
    public static readonly ErrorCode GoldenMissed = new(
        "KEDGE-SANDBOX-006",
        "The release's answers to its golden samples were wrong on this device.",
        "The device keeps its last good release. Find out what changed in the model; push and apply a mended one.");

    /// <summary>Golden samples not run.</summary>
    public static readonly ErrorCode GoldenNotRun = new(
        "KEDGE-SANDBOX-007",
        "The golden samples of a release could not be run.",
        "The message says why. The device tries again by itself.");

    /// <summary>Port taken.</summary>
    public static readonly ErrorCode PortTaken = new(
        "KEDGE-SANDBOX-008",
        "The endpoint of a deployment is taken by another program on the device.",
        "Stop that program (`ss -ltnp` names it) or choose another endpoint.port. The device tries again by itself.");

    /// <summary>Ended.</summary>
    public static readonly ErrorCode Ended = new(
        "KEDGE-SANDBOX-009",
        "A model server ended by itself.",
        "The device starts it again. Look at `kedge logs` and at its memory limit.");

    /// <summary>Out of memory.</summary>
    public static readonly ErrorCode OutOfMemory = new(
        "KEDGE-SANDBOX-010",
        "A model server was killed because it used more memory than its limit.",
        "Raise resources.limits.memory or use a smaller variant.");

    /// <summary>The control socket failed.</summary>
    public static readonly ErrorCode NoControl = new(
        "KEDGE-SANDBOX-011",
        "A model server did not answer on its control socket.",
        "The device starts it again.");

    /// <summary>Bare process not allowed.</summary>
    public static readonly ErrorCode BareNotAllowed = new(
        "KEDGE-SANDBOX-012",
        "No sandbox works on this device, and it does not allow workloads without one.",
        "Install runc or crun; or set `allowNoSandbox` in agent.json and `sandbox: none` in the manifest.");

    /// <summary>Program missing.</summary>
    public static readonly ErrorCode ProgramMissing = new(
        "KEDGE-SANDBOX-013",
        "The model server or its runtime library is not installed on the device.",
        "Install the package kedge-agent whole, or name them with --serve and --runtime-library.");

    /// <summary>A library that a graph needs.</summary>
    public static readonly ErrorCode LibraryMissing = new(
        "KEDGE-AGENT-055",
        "A native library that the graph of a release needs is not on this device.",
        "Update the agent's package, which brings it, or install libturbojpeg0 and libspng0 and restart the agent.");
}
