using System.Collections.Immutable;
using Kedge.Agent.Disk;
using Kedge.Core.Borders;
using Kedge.Inference.Control;

namespace Kedge.Agent.Sandbox;

/// <summary>Where a supervisor finds what it needs, complete with defaults.</summary>
public sealed record SupervisorOptions
{
    /// <summary>
    /// Absolute path of the folder at which the agent's disk is rooted: content is named relative to it.
    /// </summary>
    public required string DataFolder { get; init; }

    /// <summary>
    /// Absolute path of the folder of this device's instances, their sockets included: short, on a file system that is
    /// empty after a reboot, as the processes are gone then too.
    /// </summary>
    public required string RunFolder { get; init; }

    /// <summary>Absolute path of the folder of Unix endpoints.</summary>
    public required string EndpointFolder { get; init; }

    /// <summary>Absolute path of <c>kedge-serve</c>.</summary>
    public required string ServeProgram { get; init; }

    /// <summary>Absolute path of the ONNX Runtime library.</summary>
    public required string RuntimeLibrary { get; init; }

    /// <summary>Absolute path of the TensorFlow Lite library; empty where the device has none.</summary>
    public string TfLiteLibrary { get; init; } = "";

    /// <summary>
    /// Absolute path of the folder with the libraries that decode images; empty where the device has none.
    /// </summary>
    public string ImagingFolder { get; init; } = "";

    /// <summary>
    /// What computes models beside the processor: libraries on this device, the preferred first. Their own folders are
    /// given into sandboxes, since such a library brings others along.
    /// </summary>
    public ImmutableArray<ServePlugin> Plugins { get; init; } = [];

    /// <summary>What ONNX Runtime prefers when it chooses devices by itself; empty for the order of plug-ins.</summary>
    public string DevicePolicy { get; init; } = "";

    /// <summary>Address on which endpoints with <c>expose: loopback</c> are opened.</summary>
    public string LoopbackAddress { get; init; } = "127.0.0.1";

    /// <summary>True when this device allows workloads without a sandbox.</summary>
    public bool AllowsNoSandbox { get; init; }

    /// <summary>
    /// What of <see cref="Kedge.Inference.Control.ControlAreas"/> model servers answer on their public socket too.
    /// </summary>
    public ImmutableArray<string> OpenControl { get; init; } = [];

    /// <summary>True lets clients on this device hand shared memory to model servers.</summary>
    public bool SharedMemory { get; init; }

    /// <summary>Of so many requests model servers log one; 0 for none.</summary>
    public int AccessLogEvery { get; init; }

    /// <summary>Where thermal zones are read: rooted at <c>/</c>, or at a captured tree.</summary>
    public IDisk Sensors { get; init; } = new RealDisk("/");

    /// <summary>False to run the sandbox's self-test even when it passed since the machine was booted.</summary>
    public bool RemembersTest { get; init; } = true;

    /// <summary>OCI runtimes in order of preference, as absolute paths or names in <c>PATH</c>.</summary>
    public IReadOnlyList<string> Runtimes { get; init; } = ["crun", "runc"];
}
