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

    /// <summary>
    /// What the hottest zone says now, in thousandths of a degree Celsius; null where none says anything.
    /// </summary>
    internal static int? Hottest(InventoryTree tree)
    {
        int? hottest = null;
        int zones = 0;
        foreach (NumberedName zone in tree.Numbered(ZoneFolder, "thermal_zone"))
        {
            if (zones++ == InventoryLimits.ThermalZonesMax)
            {
                break;
            }

            int? temperature = Temperature(tree, zone.Name);
            hottest = hottest is null || temperature > hottest ? temperature ?? hottest : hottest;
        }

        return hottest;
    }

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
        return Temperature(tree, name) is { } temperature
            ? new ThermalZoneFacts(type.Length > 0 ? type : name, temperature)
            : null;
    }

    private static int? Temperature(InventoryTree tree, string name) =>
        tree.Number($"{ZoneFolder}/{name}/temp") is { } milli
            and >= InventoryLimits.MilliCelsiusMin and <= InventoryLimits.MilliCelsiusMax
            ? (int)milli
            : null;
}
