using Kedge.Core.Errors;

namespace Kedge.Core.Placement;

/// <summary>Why a deployment that matches a device cannot run there.</summary>
public static class PlacementErrors
{
    /// <summary>No facts yet.</summary>
    public static readonly ErrorCode NoFacts = new(
        "KEDGE-PLACE-001",
        "The device has not reported what it is.",
        "Start its agent and wait for its first report.");

    /// <summary>Cordoned.</summary>
    public static readonly ErrorCode Cordoned = new(
        "KEDGE-PLACE-002",
        "The device is cordoned: nothing new is placed on it.",
        "`kedge device uncordon NAME` when it may take work again.");

    /// <summary>No sandbox.</summary>
    public static readonly ErrorCode NoSandbox = new(
        "KEDGE-PLACE-003",
        "The device has no OCI runtime that passed its self-test.",
        "Install runc or crun; or allow `sandbox: none` in the manifest and in the device's own configuration.");

    /// <summary>Memory.</summary>
    public static readonly ErrorCode NotEnoughMemory = new(
        "KEDGE-PLACE-004",
        "The device has less memory than the deployment requests beside what runs there already.",
        "Lower resources.requests.memory, choose a smaller variant, or select other devices.");

    /// <summary>Processors.</summary>
    public static readonly ErrorCode NotEnoughCpu = new(
        "KEDGE-PLACE-005",
        "The device has fewer processors than the deployment asks for.",
        "Lower resources.requests.cpu, change cpuSet, or select other devices.");

    /// <summary>No variant.</summary>
    public static readonly ErrorCode NoVariant = new(
        "KEDGE-PLACE-006",
        "No variant of the model can run on the device.",
        "Push a variant for its architecture, accelerator and runtime, widen `accelerators`, or install on the device "
        + "what is missing there and restart its agent.");

    /// <summary>Port.</summary>
    public static readonly ErrorCode PortTaken = new(
        "KEDGE-PLACE-007",
        "Another deployment on the device has the port.",
        "Choose another endpoint.port, or another selector.");

    /// <summary>Package unknown.</summary>
    public static readonly ErrorCode NoPackage = new(
        "KEDGE-PLACE-008",
        "The package that the deployment names is not in the registry any more.",
        "Push the model again or apply the deployment with another package.");

    /// <summary>Too many workloads.</summary>
    public static readonly ErrorCode TooManyWorkloads = new(
        "KEDGE-PLACE-009",
        "The device runs as many workloads as one device may.",
        "Select other devices or merge deployments.");

    /// <summary>A plan that broke a rule.</summary>
    public static readonly ErrorCode BrokenPlan = new(
        "KEDGE-PLACE-010",
        "A planned desired state broke a rule that is checked apart from the planner.",
        "Nothing was sent. This is a defect: report it with the output of `kedge explain`.");
}
