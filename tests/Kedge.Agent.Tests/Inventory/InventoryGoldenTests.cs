using System.Text.Json;
using System.Text.Json.Nodes;
using Kedge.Agent.Inventory;
using Kedge.Core;
using Kedge.Core.Fleet;
using Kedge.Core.Models;
using Kedge.Tests.Support;
using Kedge.Wire;

namespace Kedge.Agent.Tests.Inventory;

public sealed class InventoryGoldenTests
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    public static TheoryData<string> Trees => [.. InventoryTrees.Names];

    [Theory]
    [MemberData(nameof(Trees))]
    public void The_facts_of_a_captured_tree_are_the_written_ones(string name)
    {
        string told = JsonSerializer.Serialize(InventoryTrees.Read(name), WireJson.Default.DeviceFacts);
        string text = JsonNode.Parse(told)!.ToJsonString(Indented) + "\n";

        string? difference = GoldenFile.Difference($"{InventoryTrees.Folder}/{name}.json", text);

        Assert.True(difference is null, difference);
    }

    [Theory]
    [MemberData(nameof(Trees))]
    public void A_captured_tree_tells_what_every_machine_has(string name)
    {
        DeviceFacts facts = InventoryTrees.Read(name);

        Assert.True(facts.Simulated);
        Assert.NotEmpty(facts.Architecture);
        Assert.NotEmpty(facts.CpuModel);
        Assert.NotEmpty(facts.IsaFeatures);
        Assert.NotEmpty(facts.Cpus);
        Assert.All(facts.Cpus, static c => Assert.True(c.MaxKHz > 0));
        Assert.InRange(facts.MemoryAvailableBytes, 1, facts.MemoryBytes);
        Assert.NotEmpty(facts.Disks);
        Assert.NotEmpty(facts.ThermalZones);
        Assert.NotEmpty(facts.Kernel);
        Assert.NotEmpty(facts.Distribution);
        Assert.NotEmpty(facts.Machine);
        Assert.NotEqual("none", facts.CgroupVersion);
        Assert.Equal(0, facts.DataFreeBytes);
        Assert.Null(facts.Battery);
        Assert.Equal("runc 1.1.5", facts.Sandbox);
        Assert.Equal("0.1.0", facts.AgentVersion);
        Assert.Equal("no seccomp", Assert.Single(facts.MissingProtections));
        Assert.True(facts.AllowsNoSandbox);
        Assert.Equal(ModelFormat.Onnx, Assert.Single(facts.Runtimes).Format);
    }

    [Fact]
    public void Cores_that_the_kernel_counts_anew_in_each_cluster_are_told_apart()
    {
        DeviceFacts facts = InventoryTrees.Read("jetson-orin");

        Assert.Equal(6, facts.Cpus.Select(static c => (c.Package, c.Core)).Distinct().Count());
    }

    [Fact]
    public void Threads_of_one_core_share_its_number()
    {
        DeviceFacts facts = InventoryTrees.Read("numa-server");

        Assert.Equal(16, facts.Cpus.Length);
        Assert.Equal(8, facts.Cpus.Select(static c => (c.Package, c.Core)).Distinct().Count());
        Assert.All(facts.Cpus, static c => Assert.Equal(c.Index % 2, c.NumaNode));
    }

    [Fact]
    public void A_display_controller_is_no_accelerator()
    {
        Assert.Empty(InventoryTrees.Read("numa-server").Accelerators);
        AcceleratorFacts only = Assert.Single(InventoryTrees.Read("coral-dev-board").Accelerators);
        Assert.Equal(AcceleratorKind.Tpu, only.Kind);
    }

    [Fact]
    public void Facts_with_every_count_at_its_bound_fit_into_one_message()
    {
        string text = new('m', 40);
        DeviceFacts facts = InventoryTrees.Read("numa-server") with
        {
            Cpus = [.. Enumerable.Range(0, InventoryLimits.CpusMax)
                .Select(static i => new CpuFacts(i, i, 1, 31, 3_500_000))],
            NumaNodes = [.. Enumerable.Range(0, InventoryLimits.NumaNodesMax)
                .Select(static i => new NumaNodeFacts(i, 1L << 40))],
            Disks = [.. Enumerable.Range(0, InventoryLimits.DisksMax)
                .Select(i => new DiskFacts($"nvme{i}n1", 1L << 44, false, text))],
            Accelerators = [.. Enumerable.Range(0, InventoryLimits.AcceleratorsMax)
                .Select(i => new AcceleratorFacts(AcceleratorKind.Gpu, "nvidia", text, $"/dev/nvidia{i}", 1L << 37))],
            ThermalZones = [.. Enumerable.Range(0, InventoryLimits.ThermalZonesMax)
                .Select(static i => new ThermalZoneFacts($"some-cluster-{i}-thermal", 45_000))],
        };

        int bytes = JsonSerializer.SerializeToUtf8Bytes(facts, WireJson.Default.DeviceFacts).Length;

        Assert.InRange(bytes, 1, Limits.UpMessageBytesMax - (4 * Limits.KiB));
    }
}
