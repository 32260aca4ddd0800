using System.Collections.Immutable;
using Kedge.Core.Models;

namespace Kedge.Core.Fleet;

/// <summary>
/// What an agent found out about its machine. Written by the agent's inventory only; unknown values are 0 or empty.
/// </summary>
public sealed record DeviceFacts
{
    /// <summary>What <see cref="ImageDecoding"/> says of a device that can.</summary>
    public const string ImagesOn = "on";

    /// <summary>What <see cref="ImageDecoding"/> says of a device that cannot.</summary>
    public const string ImagesOff = "off";

    private readonly ImmutableArray<string> _neighbours;
    private readonly string? _imageDecoding;

    /// <summary>True when the facts were read from a captured tree of another machine.</summary>
    public bool Simulated { get; init; }

    /// <summary>Instruction set: <c>x64</c>, <c>arm64</c>, <c>arm</c>, <c>riscv64</c>.</summary>
    public string Architecture { get; init; } = "";

    /// <summary>Processor, as it names itself.</summary>
    public string CpuModel { get; init; } = "";

    /// <summary>ISA extensions that a variant may ask for, lower case, sorted: <c>avx2</c>, <c>asimddp</c>.</summary>
    public ImmutableArray<string> IsaFeatures { get; init; } = [];

    /// <summary>Logical processors, each with its core, package and NUMA node.</summary>
    public ImmutableArray<CpuFacts> Cpus { get; init; } = [];

    /// <summary>Physical memory in bytes.</summary>
    public long MemoryBytes { get; init; }

    /// <summary>Memory that could be given out when the facts were read, in bytes.</summary>
    public long MemoryAvailableBytes { get; init; }

    /// <summary>Memory per NUMA node.</summary>
    public ImmutableArray<NumaNodeFacts> NumaNodes { get; init; } = [];

    /// <summary>Block devices that hold data.</summary>
    public ImmutableArray<DiskFacts> Disks { get; init; } = [];

    /// <summary>Free bytes where the agent keeps its data.</summary>
    public long DataFreeBytes { get; init; }

    /// <summary>GPUs, NPUs and TPUs.</summary>
    public ImmutableArray<AcceleratorFacts> Accelerators { get; init; } = [];

    /// <summary>Thermal zones with the temperature when read.</summary>
    public ImmutableArray<ThermalZoneFacts> ThermalZones { get; init; } = [];

    /// <summary>The battery; null where there is none.</summary>
    public BatteryFacts? Battery { get; init; }

    /// <summary>Kernel release, as <c>6.1.0-50-cloud-amd64</c>.</summary>
    public string Kernel { get; init; } = "";

    /// <summary>Distribution, as <c>PRETTY_NAME</c> of os-release(5).</summary>
    public string Distribution { get; init; } = "";

    /// <summary><c>v1</c>, <c>v2</c>, <c>hybrid</c> or <c>none</c>.</summary>
    public string CgroupVersion { get; init; } = "";

    /// <summary>Active Linux security modules, in the kernel's order.</summary>
    public ImmutableArray<string> SecurityModules { get; init; } = [];

    /// <summary>TPM family, as <c>2.0</c>; empty where there is none.</summary>
    public string Tpm { get; init; } = "";

    /// <summary><c>on</c>, <c>off</c> or empty where the firmware does not say.</summary>
    public string SecureBoot { get; init; } = "";

    /// <summary>Vendor and product as the firmware or device tree names them.</summary>
    public string Machine { get; init; } = "";

    /// <summary>Model runtimes of the device; none where it lacks what every model server needs.</summary>
    public ImmutableArray<RuntimeFacts> Runtimes { get; init; } = [];

    /// <summary>
    /// Whether graphs can decode images: <see cref="ImagesOn"/>, <see cref="ImagesOff"/> where a library for that is
    /// missing, or empty where an older agent does not say.
    /// </summary>
    public string ImageDecoding
    {
        get => _imageDecoding ?? "";
        init => _imageDecoding = value;
    }

    /// <summary>The sandbox that passed its self-test, as <c>runc 1.1.5</c>; empty where none did.</summary>
    public string Sandbox { get; init; } = "";

    /// <summary>Protections that this device cannot give, each a short sentence.</summary>
    public ImmutableArray<string> MissingProtections { get; init; } = [];

    /// <summary>True when the device's own configuration allows workloads without a sandbox.</summary>
    public bool AllowsNoSandbox { get; init; }

    /// <summary>Version of the agent.</summary>
    public string AgentVersion { get; init; } = "";

    /// <summary>
    /// Where other devices of its site may fetch from it, each <c>host:port</c>; empty where it answers none.
    /// </summary>
    public ImmutableArray<string> Neighbours
    {
        get => _neighbours.IsDefault ? [] : _neighbours; // an older agent does not name it
        init => _neighbours = value;
    }
}

/// <summary>One logical processor.</summary>
/// <param name="Index">Number that the kernel gives it, from 0.</param>
/// <param name="Core">Core within its package.</param>
/// <param name="Package">Socket.</param>
/// <param name="NumaNode">NUMA node.</param>
/// <param name="MaxKHz">Highest frequency in kHz; 0 when unknown.</param>
public sealed record CpuFacts(int Index, int Core, int Package, int NumaNode, long MaxKHz);

/// <summary>One NUMA node.</summary>
/// <param name="Index">Number of the node.</param>
/// <param name="MemoryBytes">Its memory in bytes.</param>
public sealed record NumaNodeFacts(int Index, long MemoryBytes);

/// <summary>One block device.</summary>
/// <param name="Name">Kernel name, as <c>mmcblk0</c>.</param>
/// <param name="Bytes">Size in bytes.</param>
/// <param name="Rotational">True for a spinning disk.</param>
/// <param name="Model">As the device names itself; may be empty.</param>
public sealed record DiskFacts(string Name, long Bytes, bool Rotational, string Model);

/// <summary>One accelerator.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Vendor">As <c>nvidia</c>, <c>intel</c>, <c>google</c>; empty when unknown.</param>
/// <param name="Name">Model or driver name.</param>
/// <param name="DevicePath">Node under <c>/dev</c>; may be empty.</param>
/// <param name="MemoryBytes">Own memory in bytes; 0 when unknown or shared.</param>
public sealed record AcceleratorFacts(
    AcceleratorKind Kind, string Vendor, string Name, string DevicePath, long MemoryBytes);

/// <summary>One thermal zone.</summary>
/// <param name="Name">Its type, as <c>cpu-thermal</c>.</param>
/// <param name="MilliCelsius">Temperature in thousandths of a degree Celsius.</param>
public sealed record ThermalZoneFacts(string Name, int MilliCelsius);

/// <summary>The battery.</summary>
/// <param name="Percent">Charge, 0..100.</param>
/// <param name="Charging">True while it is being charged or full on mains.</param>
public sealed record BatteryFacts(int Percent, bool Charging);

/// <summary>One model runtime.</summary>
/// <param name="Format">What it runs.</param>
/// <param name="Version">Its version.</param>
public sealed record RuntimeFacts(ModelFormat Format, string Version);
