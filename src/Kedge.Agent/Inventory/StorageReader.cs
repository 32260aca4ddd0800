using System.Collections.Immutable;
using Kedge.Core.Fleet;

namespace Kedge.Agent.Inventory;

/// <summary>
/// Block devices that hold data: not those made of memory or of other devices, not optical drives, not the boot and key
/// partitions that eMMC shows as devices, and none without a medium.
/// </summary>
internal static class StorageReader
{
    /// <summary>The kernel counts in these whatever the device's own sectors are.</summary>
    private const int SectorBytes = 512;

    private static readonly string[] PrefixesLeftOut =
        ["loop", "ram", "zram", "dm-", "md", "sr", "fd", "nbd", "mtdblock"];

    internal static ImmutableArray<DiskFacts> Read(InventoryTree tree) =>
        [.. tree.Names("sys/block")
            .Where(IsDisk)
            .Select(name => DiskOf(tree, name))
            .Where(static d => d.Bytes > 0)
            .Take(InventoryLimits.DisksMax)];

    private static bool IsDisk(string name) =>
        !PrefixesLeftOut.Any(p => name.StartsWith(p, StringComparison.Ordinal))
        && !(name.StartsWith("mmcblk", StringComparison.Ordinal)
            && (name.Contains("boot", StringComparison.Ordinal) || name.Contains("rpmb", StringComparison.Ordinal)));

    private static DiskFacts DiskOf(InventoryTree tree, string name)
    {
        string folder = $"sys/block/{name}";
        string model = tree.Text($"{folder}/device/model");
        return new DiskFacts(
            InventoryTree.Clean(name),
            tree.Number($"{folder}/size", InventoryLimits.AmountBytesMax / SectorBytes) * SectorBytes,
            tree.Number($"{folder}/queue/rotational") == 1,
            model.Length > 0 ? model : tree.Text($"{folder}/device/name"));
    }
}
