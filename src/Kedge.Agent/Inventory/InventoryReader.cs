using Kedge.Core.Borders;
using Kedge.Core.Fleet;

namespace Kedge.Agent.Inventory;

/// <summary>
/// Finds out what a machine is. Problem: placement needs facts of machines that are as unlike as a board with 1 GB and
/// a server with two sockets, and tests and demonstrations need those of machines that are not there. Approach:
/// everything is read from the files that the kernel shows, through the disk border, so that a captured tree reads like
/// the machine itself. Invariants: reading never fails and never blocks on a device; what is unknown is 0 or empty;
/// every count and text is bounded. It deliberately runs no program, probes no bus and loads no vendor library.
/// </summary>
public static class InventoryReader
{
    /// <summary>Reads the facts.</summary>
    /// <param name="disk">Rooted at <c>/</c>, or at a captured tree when the context says so.</param>
    /// <param name="context">What the tree does not tell.</param>
    public static DeviceFacts Read(IDisk disk, InventoryContext context)
    {
        InventoryTree tree = new(disk);
        CpuListing listing = CpuListing.Parse(tree.Listing("proc/cpuinfo"));
        bool isHostKnown = !context.Simulated && context.HostArchitecture.Length > 0;
        return new DeviceFacts
        {
            Simulated = context.Simulated,
            Architecture = isHostKnown ? context.HostArchitecture : ProcessorReader.Architecture(listing),
            CpuModel = ProcessorReader.Model(listing, tree),
            IsaFeatures = ProcessorReader.IsaFeatures(listing),
            Cpus = TopologyReader.Cpus(tree, listing.Count),
            MemoryBytes = tree.Amount("proc/meminfo", "MemTotal"),
            MemoryAvailableBytes = tree.Amount("proc/meminfo", "MemAvailable"),
            NumaNodes = TopologyReader.NumaNodes(tree),
            Disks = StorageReader.Read(tree),
            DataFreeBytes = context.Simulated ? 0 : tree.FreeBytes(context.DataFolder),
            Accelerators =
                [.. GraphicsReader.Read(tree).Concat(NeuralReader.Read(tree)).Take(InventoryLimits.AcceleratorsMax)],
            ThermalZones = PowerReader.ThermalZones(tree),
            Battery = PowerReader.Battery(tree),
            Kernel = PlatformReader.Kernel(tree),
            Distribution = PlatformReader.Distribution(tree),
            CgroupVersion = PlatformReader.CgroupVersion(tree),
            SecurityModules = PlatformReader.SecurityModules(tree),
            Tpm = PlatformReader.Tpm(tree),
            SecureBoot = PlatformReader.SecureBoot(tree),
            Machine = PlatformReader.Machine(tree),
            Runtimes = context.Runtimes,
            Sandbox = context.Sandbox,
            MissingProtections = context.MissingProtections,
            AllowsNoSandbox = context.AllowsNoSandbox,
            AgentVersion = context.AgentVersion,
        };
    }
}
