using Kedge.Core.Desired;
using Kedge.Core.Device;

namespace Kedge.Agent.Tests.Loop;

/// <summary>A byte that flips under a running model is found and mended, and nobody notices.</summary>
public sealed class RepairTests
{
    [Fact]
    public void A_flipped_byte_under_a_running_model_is_found_in_time_and_only_its_chunk_is_fetched_again()
    {
        using TestDevice device = new();
        device.Start(options: new AgentOptions { VerifyEvery = TimeSpan.FromHours(2) });
        byte[] model = new byte[600_000];
        new Random(1).NextBytes(model);
        WorkloadSpec spec = TestFleet.Workload("bearing", device.Fleet.Package("bearing", model));
        device.Want(1, spec);
        Assert.Equal(WorkloadPhase.Serving, device.Workload("bearing").Phase);
        InstanceId serving = device.Workload("bearing").Current!.Id; // It serves.
        string path = $"content/packages/{spec.Models[0].Package.Hex}/files/onnx-fp32/model.onnx";
        device.Disk.Corrupt(path, 333_333);
        device.Fleet.Source.Given.Clear();

        device.Pass(TimeSpan.FromHours(1));
        Assert.Empty(device.Fleet.Source.Given);
        device.Pass(TimeSpan.FromHours(1) + TimeSpan.FromMinutes(1));

        Assert.Equal(model, device.Disk.Read(path, model.Length));
        Assert.InRange(device.Fleet.Source.Given["OneChunk"], 1, Core.Models.ModelLimits.ChunkBytesMax);
        Assert.Equal(serving, device.Workload("bearing").Current!.Id);
        Assert.Contains("ContentDamaged", device.Reasons);
        Assert.Contains("ContentRepaired", device.Reasons);
        Assert.Equal(
            "KEDGE-AGENT-031", device.Messages.Single(static m => m.Event?.Reason == "ContentDamaged").Event?.Code);
    }

    [Fact]
    public void A_repair_that_cannot_be_done_now_is_tried_again_and_what_runs_goes_on()
    {
        using TestDevice device = new();
        device.Start(options: new AgentOptions { VerifyEvery = TimeSpan.FromHours(2) });
        byte[] model = new byte[300_000];
        new Random(1).NextBytes(model);
        WorkloadSpec spec = TestFleet.Workload("bearing", device.Fleet.Package("bearing", model));
        device.Want(1, spec);
        string path = $"content/packages/{spec.Models[0].Package.Hex}/files/onnx-fp32/model.onnx";
        device.Disk.Corrupt(path, 10);
        device.Fleet.Source.IsAway = true;
        device.Pass(TimeSpan.FromHours(2) + TimeSpan.FromMinutes(1));
        Assert.Contains("ContentNotRepaired", device.Reasons);
        Assert.Equal(WorkloadPhase.Serving, device.Workload("bearing").Phase);
        device.Fleet.Source.IsAway = false;
        device.Pass(AgentLimits.RepairPeriod + TimeSpan.FromMinutes(1));
        Assert.Contains("ContentRepaired", device.Reasons);
        Assert.Equal(model, device.Disk.Read(path, model.Length));
    }
}
