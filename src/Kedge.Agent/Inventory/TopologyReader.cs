using System.Collections.Immutable;
using Kedge.Core.Fleet;
using Kedge.Core.Placement;

namespace Kedge.Agent.Inventory;

/// <summary>Logical processors with their core, package and NUMA node, and the memory of each node.</summary>
internal static class TopologyReader
{
    private const string CpuFolder = "sys/devices/system/cpu";
    private const string NodeFolder = "sys/devices/system/node";

    /// <summary>Online processors by number, at most <see cref="InventoryLimits.CpusMax"/>.</summary>
    /// <param name="tree">Where they are read.</param>
    /// <param name="listed">Processors in <c>/proc/cpuinfo</c>, for a kernel without a topology.</param>
    internal static ImmutableArray<CpuFacts> Cpus(InventoryTree tree, int listed)
    {
        Dictionary<int, int> nodes = NodeOfCpu(tree);
        Place[] places = [.. Online(tree, listed).Select(index => PlaceOf(tree, index))];

        // A kernel that counts cores anew in each cluster gives one number to two of them; the first processor of a
        // core is then the number that tells them apart.
        bool isAmbiguous = places
            .Where(static p => p.Lead >= 0)
            .GroupBy(static p => (p.Package, p.Core))
            .Any(static g => g.Select(static p => p.Lead).Distinct().Count() > 1);
        return [.. places.Select(p => new CpuFacts(
            p.Index,
            isAmbiguous && p.Lead >= 0 ? p.Lead : p.Core,
            p.Package,
            nodes.GetValueOrDefault(p.Index),
            p.MaxKHz))];
    }

    /// <summary>NUMA nodes by number.</summary>
    internal static ImmutableArray<NumaNodeFacts> NumaNodes(InventoryTree tree) =>
        [.. tree.Numbered(NodeFolder, "node")
            .Take(InventoryLimits.NumaNodesMax)
            .Select(n => new NumaNodeFacts(n.Number, tree.Amount($"{NodeFolder}/{n.Name}/meminfo", "MemTotal")))];

    private static IEnumerable<int> Online(InventoryTree tree, int listed)
    {
        if (CpuList.TryParse(tree.Line($"{CpuFolder}/online"), out ImmutableSortedSet<int> online))
        {
            return online.Take(InventoryLimits.CpusMax);
        }

        ImmutableArray<NumberedName> folders = tree.Numbered(CpuFolder, "cpu");
        return folders.Length > 0
            ? folders.Select(static f => f.Number).Take(InventoryLimits.CpusMax)
            : Enumerable.Range(0, Math.Min(listed, InventoryLimits.CpusMax));
    }

    private static Place PlaceOf(InventoryTree tree, int index)
    {
        string folder = $"{CpuFolder}/cpu{index}";
        string siblings = tree.Line($"{folder}/topology/thread_siblings_list");
        return new Place(
            index,
            (int)tree.Number($"{folder}/topology/core_id", InventoryLimits.NumberMax),
            (int)tree.Number($"{folder}/topology/physical_package_id", InventoryLimits.NumberMax),
            CpuList.TryParse(siblings, out ImmutableSortedSet<int> threads) ? threads[0] : -1,
            tree.Number($"{folder}/cpufreq/cpuinfo_max_freq", InventoryLimits.FrequencyKHzMax));
    }

    private static Dictionary<int, int> NodeOfCpu(InventoryTree tree)
    {
        Dictionary<int, int> nodes = [];
        foreach (NumberedName node in tree.Numbered(NodeFolder, "node").Take(InventoryLimits.NumaNodesMax))
        {
            if (CpuList.TryParse(tree.Line($"{NodeFolder}/{node.Name}/cpulist"), out ImmutableSortedSet<int> cpus))
            {
                foreach (int cpu in cpus)
                {
                    nodes[cpu] = node.Number;
                }
            }
        }

        return nodes;
    }

    /// <summary>Where the kernel says a processor is.</summary>
    /// <param name="Index">Its number.</param>
    /// <param name="Core">Its core, as the kernel counts.</param>
    /// <param name="Package">Its socket.</param>
    /// <param name="Lead">First processor of its core; -1 when unknown.</param>
    /// <param name="MaxKHz">Highest frequency; 0 when unknown.</param>
    private sealed record Place(int Index, int Core, int Package, int Lead, long MaxKHz);
}
