using System.Collections.Immutable;
using Kedge.Core.Fleet;
using Kedge.Core.Models;

namespace Kedge.Agent.Inventory;

/// <summary>
/// GPUs that can compute. A card counts when a driver is bound to it that is known to drive one: display controllers,
/// as a server's management chip or a virtual machine's screen, are cards too and are none.
/// </summary>
internal static class GraphicsReader
{
    private const string CardFolder = "sys/class/drm";
    private const string NvidiaFolder = "proc/driver/nvidia/gpus";

    private static readonly Dictionary<string, string> VendorOfDriver = new Dictionary<string, string>
    {
        ["i915"] = "intel",
        ["xe"] = "intel",
        ["amdgpu"] = "amd",
        ["radeon"] = "amd",
        ["nvidia"] = "nvidia",
        ["nouveau"] = "nvidia",
        ["v3d"] = "broadcom",
        ["lima"] = "arm",
        ["panfrost"] = "arm",
        ["panthor"] = "arm",
        ["etnaviv"] = "vivante",
        ["msm"] = "qualcomm",
        ["msm_dpu"] = "qualcomm",
        ["adreno"] = "qualcomm",
        ["powervr"] = "imagination",
        ["asahi"] = "apple",
    };

    /// <summary>GPU generations of NVIDIA's systems on chip.</summary>
    private static readonly Dictionary<string, string> TegraGenerations = new Dictionary<string, string>
    {
        ["tegra210"] = "Maxwell",
        ["tegra186"] = "Pascal",
        ["tegra194"] = "Volta",
        ["tegra234"] = "Ampere",
        ["tegra264"] = "Blackwell",
    };

    /// <summary>Nodes that the driver of such a system's GPU makes, older kernels first.</summary>
    private static readonly string[] TegraNodes = ["nvhost-gpu", "nvgpu"];

    internal static IEnumerable<AcceleratorFacts> Read(InventoryTree tree)
    {
        ImmutableArray<AcceleratorFacts> own = [.. Nvidia(tree), .. Tegra(tree)];
        return own.Concat(tree.Numbered(CardFolder, "card")
            .Select(card => Card(tree, card.Name, own.Length > 0))
            .OfType<AcceleratorFacts>());
    }

    /// <summary>Cards of NVIDIA's own driver, which tells them whether or not it drives a display.</summary>
    private static IEnumerable<AcceleratorFacts> Nvidia(InventoryTree tree)
    {
        foreach (string slot in tree.Names(NvidiaFolder).Take(InventoryLimits.AcceleratorsMax))
        {
            string listing = $"{NvidiaFolder}/{slot}/information";
            string model = tree.Property(listing, "Model", ':');
            string minor = tree.Property(listing, "Device Minor", ':');
            yield return new AcceleratorFacts(
                AcceleratorKind.Gpu,
                "nvidia",
                model.Length > 0 ? model : "nvidia",
                minor.Length > 0 && minor.All(char.IsAsciiDigit) ? $"/dev/nvidia{minor}" : "",
                0);
        }
    }

    private static IEnumerable<AcceleratorFacts> Tegra(InventoryTree tree)
    {
        const string prefix = "nvidia,tegra";
        string? chip = tree.Strings("proc/device-tree/compatible")
            .FirstOrDefault(static c => c.StartsWith(prefix, StringComparison.Ordinal))?["nvidia,".Length..];
        string? node = chip is null ? null : TegraNodes.FirstOrDefault(tree.Names("dev").Contains);
        if (chip is not null && node is not null)
        {
            string name = TegraGenerations.TryGetValue(chip, out string? generation) ? $"{chip} {generation}" : chip;
            yield return new AcceleratorFacts(AcceleratorKind.Gpu, "nvidia", name, $"/dev/{node}", 0);
        }
    }

    private static AcceleratorFacts? Card(InventoryTree tree, string name, bool nvidiaIsKnown)
    {
        string device = $"{CardFolder}/{name}/device";
        string driver = tree.Property($"{device}/uevent", "DRIVER");
        if (!VendorOfDriver.TryGetValue(driver, out string? vendor) || (driver == "nvidia" && nvidiaIsKnown))
        {
            return null;
        }

        return new AcceleratorFacts(
            AcceleratorKind.Gpu,
            vendor,
            CardName(tree, device, driver),
            NodeOf(tree, device, name),
            tree.Number($"{device}/mem_info_vram_total", InventoryLimits.AmountBytesMax));
    }

    /// <summary>The product where the driver tells it, else the driver with the bus's id of the device.</summary>
    private static string CardName(InventoryTree tree, string device, string driver)
    {
        string product = tree.Text($"{device}/product_name");
        if (product.Length > 0)
        {
            return product;
        }

        string pci = tree.Property($"{device}/uevent", "PCI_ID");
        string id = pci.Length > 0 ? pci : tree.Property($"{device}/uevent", "OF_COMPATIBLE_0");
        return InventoryTree.Clean($"{driver} {id}");
    }

    /// <summary>The node for computing, which needs no right to the display; else the card's own.</summary>
    private static string NodeOf(InventoryTree tree, string device, string card)
    {
        ImmutableArray<NumberedName> nodes = tree.Numbered($"{device}/drm", "renderD");
        return $"/dev/dri/{(nodes.Length > 0 ? nodes[0].Name : card)}";
    }
}
