using System.Net;
using Kedge.Conformance;
using Kedge.Conformance.Models;
using Kedge.Conformance.Reports;
using Kedge.Inference.Control;
using Kedge.Inference.Tests.Serve;
using Kedge.Native;

namespace Kedge.Inference.Tests.ProtocolSuite;

/// <summary>A real kedge-serve process with the models of the conformance suite, on both of its sockets.</summary>
public sealed class SuiteServer : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly ServeProcess _server;
    private readonly FileDescriptor _listener;

    public SuiteServer()
    {
        File.WriteAllText(SpecFile, SuiteModels.Spec());
        _server = new ServeProcess("1", models: SuiteModels.All());
        _listener = ListeningSocket.OpenTcp(new IPEndPoint(IPAddress.Loopback, 0), 64);
        Assert.True(_server.WaitFor(ServeStates.Ready).Ask(ControlOps.Listen, _listener).Ok);
        EndPoint = IPEndPoint.Parse(ListeningSocket.Describe(_listener));
    }

    public IPEndPoint EndPoint { get; }

    /// <summary>The public socket.</summary>
    public string PublicUrl => $"http://{EndPoint}";

    /// <summary>The own socket, which may control.</summary>
    public string OwnUrl => $"unix:{_server.HttpSocket}";

    private string SpecFile => _folder.File("spec.json");

    /// <summary>Runs the suite against an address.</summary>
    internal async Task<ConformanceReport> CheckAsync(string url, params string[] more)
    {
        ConformanceArguments? arguments =
            ConformanceArguments.Parse([url, "--spec", SpecFile, .. more], out string fault);
        Assert.True(arguments is not null, fault);
        return await ConformanceRun.RunAsync(arguments, CancellationToken.None);
    }

    public void Dispose()
    {
        _server.Dispose();
        _listener.Dispose();
        _folder.Dispose();
    }
}
