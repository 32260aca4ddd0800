using System.Text;
using System.Text.Json.Nodes;
using Kedge.Core.Device;
using Kedge.Wire.Desired;
using Kedge.Wire.Reported;
using Kedge.Wire.Signing;

namespace Kedge.Agent.Tests.Loop;

public sealed class VersionSkewTests
{
    private static readonly byte[] ModelOne = Encoding.ASCII.GetBytes("the first model");
    private static readonly byte[] ModelTwo = Encoding.ASCII.GetBytes("the second model");

    [Fact]
    public void A_state_of_the_next_version_s_server_is_applied_without_the_fields_that_are_unknown_here()
    {
        using TestDevice device = new();
        device.Start();
        device.Want(Changed(device, Workload(device, ModelOne), 1, static json =>
        {
            json["waves"] = new JsonObject { ["size"] = 3 };
            json["workloads"]![0]!["priority"] = "high";
            json["workloads"]![0]!["resources"]!["gpuBytes"] = 1;
        }));

        Assert.Equal(WorkloadPhase.Serving, device.Workload("bearing").Phase);
        Assert.Null(device.LastStatus?.Refused);
    }

    [Fact]
    public void A_state_whose_unknown_field_is_critical_is_refused_and_reported_and_the_old_one_goes_on()
    {
        using TestDevice device = new();
        device.Start();
        device.Want(1, Workload(device, ModelOne));
        InstanceId old = device.Supervisor.Accepting.Single();
        device.Want(Changed(device, Workload(device, ModelTwo, revision: 2), 2, static json =>
        {
            json["waves"] = new JsonObject();
            json["critical"]!.AsArray().Add("waves");
        }));

        Assert.Equal("KEDGE-LINK-005", device.LastStatus?.Refused?.Code);
        Assert.Contains("DesiredRefused", device.Reasons);
        Assert.Equal(1, device.Agent!.State.Generation.Value);
        Assert.Equal(old, device.Supervisor.Accepting.Single());

        device.Want(3, Workload(device, ModelTwo, revision: 2));
        Assert.Equal(2, device.Workload("bearing").Current?.Spec.Revision);
        Assert.Null(device.LastStatus?.Refused);
    }

    [Fact]
    public void A_state_of_the_last_version_s_server_that_names_no_critical_fields_is_applied()
    {
        using TestDevice device = new();
        device.Start();
        device.Want(Changed(device, Workload(device, ModelOne), 1, static json => json.Remove("critical")));
        Assert.Equal(WorkloadPhase.Serving, device.Workload("bearing").Phase);
    }

    [Fact]
    public void A_report_of_a_newer_agent_is_read_without_the_fields_that_are_unknown_here()
    {
        using TestDevice device = new();
        device.Start();
        device.Want(1, Workload(device, ModelOne));
        foreach (UpMessage message in device.Messages)
        {
            JsonObject json = JsonNode.Parse(UpMessageFormat.Write(message))!.AsObject();
            json["energy"] = new JsonObject { ["watts"] = 3.5 };
            foreach (string kind in (string[])["status", "facts", "event"])
            {
                if (json[kind] is JsonObject part)
                {
                    part["unheard"] = new JsonArray(1, "two", null);
                }
            }

            UpMessage? read = UpMessageFormat.TryRead(Encoding.UTF8.GetBytes(json.ToJsonString()), out _);
            Assert.Equal(message.Sequence, read?.Sequence);
            Assert.Equal(message.Event, read?.Event);
            Assert.Equal(message.Status?.Generation, read?.Status?.Generation);
        }
    }

    private static Kedge.Core.Desired.WorkloadSpec Workload(TestDevice device, byte[] model, long revision = 1) =>
        TestFleet.Workload("bearing", device.Fleet.Package("bearing", model), revision);

    private static byte[] Changed(
        TestDevice device, Kedge.Core.Desired.WorkloadSpec workload, long generation, Action<JsonObject> change)
    {
        JsonObject json = JsonNode.Parse(DesiredMessage.Write(device.Fleet.State(generation, workload)))!.AsObject();
        change(json);
        return SignedMessage.Sign(Encoding.UTF8.GetBytes(json.ToJsonString()), device.Fleet.Desired);
    }
}
