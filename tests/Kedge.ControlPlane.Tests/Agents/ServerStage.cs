using Kedge.Agent.Link;
using Kedge.Agent.Source;
using Kedge.ControlPlane.Tests.Server;
using Kedge.Core;
using Kedge.Core.Borders;
using Kedge.Wire;
using Kedge.Wire.Reported;

namespace Kedge.ControlPlane.Tests.Agents;

/// <summary>A real server, and a device of it that was asked to serve one package; its agent does not run.</summary>
internal sealed class ServerStage : ISourceStage, ILinkStage
{
    private readonly TestServer _server;
    private readonly RealAgent _agent;
    private readonly HttpsArtifactSource _source;
    private long _sequence = 1_000_000;

    private ServerStage(TestServer server, RealAgent agent, TestPackage package)
    {
        (_server, _agent, Package) = (server, agent, package);
        _source = new HttpsArtifactSource(agent.Credentials, TimeProvider.System, static () => 0);
        Link = new MqttDeviceLink(agent.Credentials, TimeProvider.System, static () => 0);
    }

    public IArtifactSource Source => _source;

    public TestPackage Package { get; }

    public IDeviceLink Link { get; }

    public string Desired => Topic(Topics.Desired);

    public string Reported => Topic(Topics.Reported);

    public static async Task<ServerStage> MakeAsync()
    {
        TestServer server = await TestServer.StartAsync();
        TestPackage package = await TestPackage.PushAsync(server, "bearing", "v1", 1);
        RealAgent agent = await RealAgent.EnrolAsync(server, "press-1", ("line", "press"));
        agent.Start();
        await agent.UntilAsync(server, static s => s.IsLinkUp);
        _ = await server.Client.ApplyAsync(MainPathTests.Manifest, dryRun: false, diff: false, server.Ct);
        await agent.UntilAsync(server, static s => s.Serving.Count == 1);
        await agent.StopAsync();
        return new ServerStage(server, agent, package);
    }

    public byte[] Report() => UpMessageFormat.Write(new UpMessage
    {
        Incarnation = _agent.Credentials.Identity.Incarnation,
        Sequence = ++_sequence,
        SentAtMs = 1,
        Event = new EventMessage { Reason = "Test", Message = "told" },
    });

    public Task LeaveAsync() => _server.StopAsync();

    public async ValueTask DisposeAsync()
    {
        await _source.DisposeAsync();
        await _agent.DisposeAsync();
        await _server.DisposeAsync();
    }

    private static string Topic(string leaf) => Topics.Of(TenantId.Default, new DeviceId("press-1"), leaf);
}
