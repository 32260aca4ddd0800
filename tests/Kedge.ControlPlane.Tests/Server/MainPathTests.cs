using Kedge.Api.Resources;
using Kedge.Core;
using Kedge.Core.Desired;
using Kedge.Mqtt.Packets;
using Kedge.Wire.Reported;

namespace Kedge.ControlPlane.Tests.Server;

/// <summary>The main path over real TLS: enrol, push, apply, desired state on the wire, report back.</summary>
public class MainPathTests
{
    internal const string Manifest = """
        apiVersion: kedge.dev/v1
        kind: Deployment
        metadata: {name: bearing-monitor}
        spec:
          selector: {matchLabels: {line: press}}
          models:
          - {name: bearing, package: "bearing:v1"}
          endpoint: {port: 8500, expose: loopback}
        """;

    [Fact]
    public async Task An_applied_deployment_reaches_the_device_signed_and_its_report_comes_back()
    {
        await using TestServer server = await TestServer.StartAsync();
        TestPackage package = await TestPackage.PushAsync(server, "bearing", "v1", 1);
        await using TestDevice device = await server.EnrolAsync("press-1", ("line", "press"));
        await using TestDevice other = await server.EnrolAsync("mill-1", ("line", "mill"));
        await device.ConnectAsync();
        await other.ConnectAsync();
        Assert.Equal(MqttReasonCode.Success, await device.ReportFactsAsync());
        Assert.Equal(MqttReasonCode.Success, await other.ReportFactsAsync());

        ApplyResource applied = await server.Client.ApplyAsync(Manifest, dryRun: false, diff: false, server.Ct);
        Assert.Equal("created", Assert.Single(applied.Results).Outcome);

        DesiredState state = await device.UntilDesiredAsync(s => s.Workloads.Length == 1);
        WorkloadSpec workload = Assert.Single(state.Workloads);
        Assert.Equal(package.Digest, Assert.Single(workload.Models).Package);
        Assert.Equal(8500, workload.Endpoint.Port);
        Assert.Equal(1, workload.Revision);
        Assert.Null(other.Desired());

        await device.ReportStatusAsync(state.Generation.Value, new WorkloadStatus
        {
            Name = "bearing-monitor",
            Phase = "serving",
            ServingRevision = 1,
            ServingRelease = workload.Digest.ToString(),
            ServingPackages = ["bearing:v1"],
            Endpoint = "http://127.0.0.1:8500",
        });
        DeploymentResource deployment = await server.Client.GetDeploymentAsync("bearing-monitor", server.Ct);
        Assert.Equal((1, 1, 0), (deployment.Devices, deployment.Ready, deployment.Failing));
        DeviceResource shown = await server.Client.GetDeviceAsync("press-1", server.Ct);
        Assert.Equal("Ready", shown.Status);
        Assert.True(shown.Connected);
        EndpointResource endpoint = Assert.Single((await server.Client.ListEndpointsAsync(server.Ct)).Items);
        Assert.Equal("http://127.0.0.1:8500", endpoint.Endpoint);
    }

    [Fact]
    public async Task A_device_fetches_what_its_desired_state_names_and_nothing_else()
    {
        await using TestServer server = await TestServer.StartAsync();
        TestPackage package = await TestPackage.PushAsync(server, "bearing", "v1", 1);
        TestPackage secret = await TestPackage.PushAsync(server, "secret", "v1", 77);
        await using TestDevice device = await server.EnrolAsync("press-1", ("line", "press"));
        await using TestDevice other = await server.EnrolAsync("mill-1", ("line", "mill"));
        await device.ConnectAsync();
        await device.ReportFactsAsync();
        await server.Client.ApplyAsync(Manifest, false, false, server.Ct);
        await device.UntilDesiredAsync(s => s.Workloads.Length == 1);

        using HttpClient http = device.Http();
        Assert.Equal(package.Envelope, await http.GetByteArrayAsync($"/v1/packages/{package.Digest}", server.Ct));
        byte[] chunk = package.Chunks[0];
        Assert.Equal(chunk, await http.GetByteArrayAsync($"/v1/chunks/{Digest.Of(chunk)}", server.Ct));
        using HttpRequestMessage rest = new(HttpMethod.Get, $"/v1/chunks/{Digest.Of(chunk)}");
        rest.Headers.Range = new System.Net.Http.Headers.RangeHeaderValue(29_000, null);
        using HttpResponseMessage part = await http.SendAsync(rest, server.Ct);
        Assert.Equal(206, (int)part.StatusCode);
        Assert.Equal(chunk[29_000..], await part.Content.ReadAsByteArrayAsync(server.Ct));
        Assert.Equal("bytes 29000-29999/30000", part.Content.Headers.ContentRange?.ToString());

        await Refused(http, $"/v1/packages/{secret.Digest}");
        await Refused(http, $"/v1/chunks/{Digest.Of(secret.Chunks[0])}");
        using HttpClient stranger = other.Http();
        await Refused(stranger, $"/v1/packages/{package.Digest}");
        await Refused(stranger, $"/v1/chunks/{Digest.Of(chunk)}");

        async Task Refused(HttpClient client, string path)
        {
            using HttpResponseMessage response = await client.GetAsync(path, server.Ct);
            Assert.Equal(403, (int)response.StatusCode);
            Assert.Contains(
                "KEDGE-API-012", await response.Content.ReadAsStringAsync(server.Ct), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_device_that_was_away_gets_the_newest_state_when_it_subscribes()
    {
        await using TestServer server = await TestServer.StartAsync();
        await TestPackage.PushAsync(server, "bearing", "v1", 1);
        await using TestDevice device = await server.EnrolAsync("press-1", ("line", "press"));
        await device.ConnectAsync();
        await device.ReportFactsAsync();
        await device.Link!.DisposeAsync();
        await server.Client.ApplyAsync(Manifest, false, false, server.Ct);
        await server.UntilAsync(
            () => server.Client.GetDeviceAsync("press-1", server.Ct),
            d => d is { DesiredGeneration: 1, Connected: false });

        await device.ConnectAsync();
        DesiredState state = await device.UntilDesiredAsync(s => s.Workloads.Length == 1);
        Assert.Equal(1, state.Generation.Value);
    }
}
