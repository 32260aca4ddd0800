using System.Text.Json;
using Kedge.Agent.Inventory;
using Kedge.Core;
using Kedge.Core.Fleet;
using Kedge.Tests.Support.Disks;
using Kedge.Wire;

namespace Kedge.Agent.Tests.Inventory;

public sealed class InventoryFuzzTests
{
    private const int Rounds = 200;

    public static TheoryData<string> Trees => [.. InventoryTrees.Names];

    [Theory]
    [MemberData(nameof(Trees))]
    public void A_torn_tree_never_fails_and_its_facts_stay_in_bounds(string name)
    {
        MemoryDisk tree = InventoryTrees.InMemory(name);
        InventoryContext context = InventoryTrees.Captured with { Simulated = false, DataFolder = "/var/lib/kedge" };
        for (int seed = 0; seed < Rounds; seed++)
        {
            DeviceFacts facts;
            try
            {
                facts = InventoryReader.Read(new GarblingDisk(tree, seed), context);
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"tree {name}, seed {seed}", e);
            }

            Assert.True(IsInBounds(facts), $"tree {name}, seed {seed}: {facts}");
        }
    }

    private static bool IsInBounds(DeviceFacts facts)
    {
        byte[] told = JsonSerializer.SerializeToUtf8Bytes(facts, WireJson.Default.DeviceFacts);
        string[] texts =
        [
            facts.Architecture, facts.CpuModel, facts.Kernel, facts.Distribution, facts.Tpm, facts.SecureBoot,
            facts.Machine, .. facts.IsaFeatures, .. facts.SecurityModules,
            .. facts.Disks.SelectMany(static d => new[] { d.Name, d.Model }),
            .. facts.Accelerators.SelectMany(static a => new[] { a.Vendor, a.Name }),
            .. facts.ThermalZones.Select(static z => z.Name),
        ];
        return told.Length <= Limits.UpMessageBytesMax
            && texts.All(static t => t.Length <= InventoryLimits.TextCharsMax)
            && texts.All(static t => t.All(static c => c is >= ' ' and <= '~'))
            && facts.Cpus.Length <= InventoryLimits.CpusMax
            && facts.Cpus.All(static c => c is { Index: >= 0, Core: >= 0, Package: >= 0, NumaNode: >= 0, MaxKHz: >= 0 })
            && facts.Cpus.Select(static c => c.Index).Distinct().Count() == facts.Cpus.Length
            && facts is { MemoryBytes: >= 0, MemoryAvailableBytes: >= 0, DataFreeBytes: >= 0 }
            && facts.NumaNodes.All(static n => n.MemoryBytes >= 0)
            && facts.Disks.All(static d => d.Bytes > 0)
            && facts.Battery is null or { Percent: >= 0 and <= 100 };
    }
}
