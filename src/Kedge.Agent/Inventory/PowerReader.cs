using System.Collections.Immutable;
using Kedge.Core.Fleet;

namespace Kedge.Agent.Inventory;

/// <summary>Temperatures and the battery.</summary>
internal static class PowerReader
{
    private const string ZoneFolder = "sys/class/thermal";
    private const string SupplyFolder = "sys/class/power_supply";

    /// <summary>Zones by number; one whose sensor does not answer is left out.</summary>
    internal static ImmutableArray<ThermalZoneFacts> ThermalZones(InventoryTree tree) =>
        [.. tree.Numbered(ZoneFolder, "thermal_zone")
            .Select(z => Zone(tree, z.Name))
            .OfType<ThermalZoneFacts>()
            .Take(InventoryLimits.ThermalZonesMax)];

    /// <summary>The first battery that feeds the machine: those of its mouse and keyboard are supplies too.</summary>
    internal static BatteryFacts? Battery(InventoryTree tree) => tree.Names(SupplyFolder)
        .Select(name => $"{SupplyFolder}/{name}")
        .Where(folder => tree.Line($"{folder}/type") == "Battery" && tree.Line($"{folder}/scope") != "Device")
        .Select(folder => tree.Number($"{folder}/capacity") is long percent and >= 0 and <= 100
            ? new BatteryFacts((int)percent, tree.Line($"{folder}/status") is "Charging" or "Full")
            : null)
        .FirstOrDefault(static b => b is not null);

    private static ThermalZoneFacts? Zone(InventoryTree tree, string name)
    {
        string type = tree.Text($"{ZoneFolder}/{name}/type");
        long? temperature = tree.Number($"{ZoneFolder}/{name}/temp");
        return temperature is >= InventoryLimits.MilliCelsiusMin and <= InventoryLimits.MilliCelsiusMax
            ? new ThermalZoneFacts(type.Length > 0 ? type : name, (int)temperature)
            : null;
    }
}
