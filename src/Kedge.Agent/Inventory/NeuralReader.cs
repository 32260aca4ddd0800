using System.Collections.Immutable;
using Kedge.Core.Fleet;
using Kedge.Core.Models;

namespace Kedge.Agent.Inventory;

/// <summary>
/// NPUs and TPUs, each seen by what its driver makes: the kernel's accelerator class, Coral's <c>apex</c>, vendors' own
/// device nodes. A chip that has an NPU without a driver for it has none that a workload could use.
/// </summary>
internal static class NeuralReader
{
    private const string UsbFolder = "sys/bus/usb/devices";

    /// <summary>Drivers of the kernel's accelerator class.</summary>
    private static readonly Dictionary<string, (string Vendor, string Name)> Drivers =
        new Dictionary<string, (string Vendor, string Name)>
        {
            ["intel_vpu"] = ("intel", "NPU"),
            ["amdxdna"] = ("amd", "XDNA"),
            ["habanalabs"] = ("intel", "Gaudi"),
            ["qaic"] = ("qualcomm", "Cloud AI 100"),
            ["rocket"] = ("rockchip", "RKNN"),
            ["ethosu"] = ("arm", "Ethos-U"),
        };

    /// <summary>Device nodes of drivers with a class of their own: prefix, vendor, name.</summary>
    private static readonly ImmutableArray<(string Prefix, string Vendor, string Name)> Nodes =
        [("hailo", "hailo", "Hailo"), ("ethosu", "arm", "Ethos-U")];

    /// <summary>Coral's stick before and after its firmware runs.</summary>
    private static readonly HashSet<string> CoralSticks =
        new(StringComparer.Ordinal) { "1a6e:089a", "18d1:9302" };

    internal static IEnumerable<AcceleratorFacts> Read(InventoryTree tree) =>
        [.. AcceleratorClass(tree), .. Coral(tree), .. OwnNodes(tree), .. Rockchip(tree), .. Sticks(tree)];

    private static IEnumerable<AcceleratorFacts> AcceleratorClass(InventoryTree tree)
    {
        ImmutableArray<string> nodes = tree.Names("dev/accel");
        foreach (string name in Union(tree, "sys/class/accel", "dev/accel", "accel"))
        {
            string uevent = $"sys/class/accel/{name}/device/uevent";
            string driver = tree.Property(uevent, "DRIVER");
            (string vendor, string product) =
                Drivers.GetValueOrDefault(driver, ("", driver.Length > 0 ? driver : name));
            string id = tree.Property(uevent, "PCI_ID");
            yield return new AcceleratorFacts(
                AcceleratorKind.Npu,
                vendor,
                InventoryTree.Clean($"{product} {id}"),
                nodes.Contains(name) ? $"/dev/accel/{name}" : "",
                0);
        }
    }

    private static IEnumerable<AcceleratorFacts> Coral(InventoryTree tree)
    {
        ImmutableArray<string> nodes = tree.Names("dev");
        return Union(tree, "sys/class/apex", "dev", "apex_").Select(name => new AcceleratorFacts(
            AcceleratorKind.Tpu, "google", "Coral Edge TPU", nodes.Contains(name) ? $"/dev/{name}" : "", 0));
    }

    private static IEnumerable<AcceleratorFacts> OwnNodes(InventoryTree tree) =>
        Nodes.SelectMany(n => tree.Numbered("dev", n.Prefix)
            .Select(node => new AcceleratorFacts(AcceleratorKind.Npu, n.Vendor, n.Name, $"/dev/{node.Name}", 0)));

    /// <summary>Rockchip's own driver shows its NPU as a miscellaneous device or as a card for displays.</summary>
    private static IEnumerable<AcceleratorFacts> Rockchip(InventoryTree tree)
    {
        const string prefix = "rockchip,";
        string? chip = tree.Strings("proc/device-tree/compatible")
            .LastOrDefault(static c => c.StartsWith(prefix, StringComparison.Ordinal))?[prefix.Length..];
        if (chip is null)
        {
            yield break;
        }

        string? card = tree.Numbered("sys/class/drm", "card")
            .Select(static c => c.Name)
            .FirstOrDefault(c => tree.Property($"sys/class/drm/{c}/device/uevent", "DRIVER")
                .Equals("rknpu", StringComparison.OrdinalIgnoreCase));
        if (card is not null || tree.Names("sys/class/misc").Contains("rknpu"))
        {
            string node = card is null ? "/dev/rknpu" : $"/dev/dri/{card}";
            yield return new AcceleratorFacts(AcceleratorKind.Npu, "rockchip", $"{chip} NPU", node, 0);
        }
    }

    private static IEnumerable<AcceleratorFacts> Sticks(InventoryTree tree)
    {
        foreach (string name in tree.Names(UsbFolder))
        {
            string device = $"{UsbFolder}/{name}";
            if (CoralSticks.Contains($"{tree.Line($"{device}/idVendor")}:{tree.Line($"{device}/idProduct")}"))
            {
                long bus = tree.Number($"{device}/busnum", InventoryLimits.NumberMax);
                long number = tree.Number($"{device}/devnum", InventoryLimits.NumberMax);
                yield return new AcceleratorFacts(
                    AcceleratorKind.Tpu, "google", "Coral Edge TPU (USB)", $"/dev/bus/usb/{bus:D3}/{number:D3}", 0);
            }
        }
    }

    private static IEnumerable<string> Union(InventoryTree tree, string folder, string other, string prefix) =>
        tree.Numbered(folder, prefix)
            .Concat(tree.Numbered(other, prefix))
            .OrderBy(static n => n.Number)
            .Select(static n => n.Name)
            .Distinct(StringComparer.Ordinal);
}
