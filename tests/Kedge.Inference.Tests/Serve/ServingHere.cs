using System.Net;
using Kedge.Inference.Control;
using Kedge.Inference.Sessions;
using Kedge.ModelServer;
using Kedge.ModelServer.Http;
using Kedge.ModelServer.Metrics;
using Kedge.ModelServer.Models;
using Kedge.ModelServer.Scheduling;
using Kedge.Native;
using Microsoft.AspNetCore.Hosting.Server;

namespace Kedge.Inference.Tests.Serve;

/// <summary>A server of one model in this process, over loopback, with whatever application answers.</summary>
internal sealed class ServingHere : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly RotatingLog _log = new("", 4096, TimeProvider.System);
    private readonly ComputeSlots _slots = new(1, TimeProvider.System);
    private readonly ServedModel _model;
    private readonly HttpServing _serving;

    private ServingHere(IInferenceSession session, string name, ValueCounter? values)
    {
        _model = new ServedModel(
            new ServeModel(name, "1", "onnx", "-"), session, new LatencyCounter(), TimeProvider.System,
            values, slots: _slots);
        _serving = new HttpServing(8, 1 << 20, _log);
    }

    /// <summary>Where it answers.</summary>
    public IPEndPoint EndPoint { get; private set; } = new(IPAddress.None, 0);

    /// <summary>Starts one that computes one request at a time.</summary>
    public static async Task<ServingHere> StartAsync(
        Func<ServeContext, IHttpApplication<Exchange>> make, IInferenceSession session, string name,
        ValueCounter? values = null)
    {
        ServingHere here = new(session, name, values);
        ServeContext context = new(here._log, TimeProvider.System)
        {
            RequestBytesMax = 1 << 20,
            Table = new ModelTable([here._model]),
        };
        FileDescriptor own = ListeningSocket.OpenUnix(
            here._folder.File("own.sock"), 4, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        await here._serving.StartAsync(own, make(context));
        FileDescriptor listener = ListeningSocket.OpenTcp(new IPEndPoint(IPAddress.Loopback, 0), 8);
        Assert.True(here._serving.Public.TryAttach(listener));
        here.EndPoint = IPEndPoint.Parse(ListeningSocket.Describe(listener));
        return here;
    }

    public async ValueTask DisposeAsync()
    {
        await _serving.StopAsync();
        await _serving.DisposeAsync();
        _model.Dispose();
        _slots.Dispose();
        _log.Dispose();
        _folder.Dispose();
    }
}
