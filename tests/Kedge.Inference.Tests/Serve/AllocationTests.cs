using System.Collections.Immutable;
using System.Net;
using Kedge.Core.Measure;
using Kedge.Inference.Control;
using Kedge.Inference.Sessions;
using Kedge.ModelServer;
using Kedge.ModelServer.Http;
using Kedge.ModelServer.Metrics;
using Kedge.ModelServer.Models;
using Kedge.Native;

namespace Kedge.Inference.Tests.Serve;

/// <summary>Tests that count what the whole process allocates: none runs beside them.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class AloneCollection
{
    public const string Name = "alone";
}

/// <summary>The whole HTTP path in this process, so that its allocations can be counted.</summary>
[Collection(AloneCollection.Name)]
public sealed class AllocationTests
{
    [Fact]
    public async Task A_request_over_http_allocates_next_to_nothing_once_warm()
    {
        using TemporaryFolder folder = new();
        using RotatingLog log = new("", 4096, TimeProvider.System);
        IInferenceSession session = TinyModels.NativeAddSub();
        using ServedModel model = new(
            new ServeModel("tiny", "1", "onnx", "-"), session, new LatencyCounter(), TimeProvider.System,
            new ValueCounter(References(), session.Signature, TimeProvider.System));
        ServeContext context = new(log, TimeProvider.System)
        {
            RequestBytesMax = 1 << 20,
            Table = new ModelTable([model]),
        };
        await using HttpServing serving = new(4, 1 << 20, log);
        FileDescriptor own = ListeningSocket.OpenUnix(
            folder.File("own.sock"), 4, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        await serving.StartAsync(own, new RestApplication(context));
        FileDescriptor listener = ListeningSocket.OpenTcp(new IPEndPoint(IPAddress.Loopback, 0), 4);
        Assert.True(serving.Public.TryAttach(listener));
        IPEndPoint endPoint = IPEndPoint.Parse(ListeningSocket.Describe(listener));
        long withoutBody = Measure(endPoint, RawHttp.Request("GET", "/v2/health/live"));
        long withBody = Measure(endPoint, RawHttp.AddSubRequest);
        await serving.StopAsync();

        // Kestrel makes one object of 120 bytes for every request that has a body; nothing else is left.
        Assert.InRange(withoutBody, 0, 16);
        Assert.InRange(withBody, 0, 120 + 16);
        Assert.All(model.Values!.Read(), static t => Assert.InRange(t.Samples, 1, 6_000));
    }

    private static ImmutableArray<ValueReference> References() =>
    [
        ValueReference.Of(true, "INPUT0", [.. Enumerable.Range(0, 50).Select(static i => (double[])[i])])!,
        ValueReference.Of(false, "OUTPUT0", [.. Enumerable.Range(0, 50).Select(static i => (double[])[i])])!,
    ];

    private static long Measure(IPEndPoint endPoint, byte[] request)
    {
        using RawHttp http = RawHttp.Connect(endPoint);
        for (int i = 0; i < 3000; i++)
        {
            Assert.Equal(200, http.Exchange(request, out _));
        }

        long before = GC.GetTotalAllocatedBytes(precise: true);
        const int Requests = 3000;
        for (int i = 0; i < Requests; i++)
        {
            http.Exchange(request, out _);
        }

        return (GC.GetTotalAllocatedBytes(precise: true) - before) / Requests;
    }
}
