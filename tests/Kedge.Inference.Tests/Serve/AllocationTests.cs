using System.Collections.Immutable;
using System.Net;
using Google.Protobuf;
using Kedge.Core.Measure;
using Kedge.Inference.Sessions;
using Kedge.Inference.Tests.Grpc;
using Kedge.ModelServer;
using Kedge.ModelServer.Http;
using Kedge.ModelServer.Metrics;
using Microsoft.AspNetCore.Hosting.Server;

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
        IInferenceSession session = TinyModels.NativeAddSub();
        ValueCounter values = new(References(), session.Signature, TimeProvider.System);
        await using ServingHere serving = await ServingHere.StartAsync(
            static context => new FrontApplication(context), session, "tiny", values);
        long withoutBody = Measure(serving.EndPoint, RawHttp.Request("GET", "/v2/health/live"));
        long withBody = Measure(serving.EndPoint, RawHttp.AddSubRequest);

        // Kestrel makes one object of 120 bytes for every request that has a body; nothing else is left.
        Assert.InRange(withoutBody, 0, 16);
        Assert.InRange(withBody, 0, 120 + 16);
        Assert.All(values.Read(), static t => Assert.InRange(t.Samples, 1, 9_000));
    }

    [Fact]
    public async Task A_call_over_grpc_allocates_no_more_than_kestrel_does_for_an_application_that_does_nothing()
    {
        byte[] message = Messages.AddSub(raw: true, "42").ToByteArray();
        long least = await MeasureGrpcAsync(static _ => new NothingApplication(), message);
        long ours = await MeasureGrpcAsync(static context => new FrontApplication(context), message);
        Assert.True(ours <= least + 16, $"{ours} bytes for each call, {least} of them are Kestrel's.");
    }

    [Fact]
    public async Task A_message_of_a_stream_allocates_no_more_than_kestrel_does_for_an_echo()
    {
        byte[] message = Messages.AddSub(raw: true, "42").ToByteArray();
        long least = await MeasureStreamsAsync(
            static _ => new EchoApplication(), TinyModels.NativeAddSub(), "tiny", message,
            (Streams: 1, Messages: 3000));
        long ours = await MeasureStreamsAsync(
            static context => new FrontApplication(context), TinyModels.NativeAddSub(), "tiny", message,
            (Streams: 1, Messages: 3000));
        Assert.True(ours <= least + 16, $"{ours} bytes for each message, {least} of them are Kestrel's.");
    }

    /// <summary>
    /// Kestrel waits for the body with a pooled object. A stream that had to wait for its turn goes on on another
    /// thread than the one that has it in its pool, so that it is made anew for some messages; nothing of ours is.
    /// </summary>
    [Fact]
    public async Task A_message_of_a_stream_that_waits_for_its_turn_allocates_at_most_what_kestrel_waits_with()
    {
        const int KestrelsWaitBytes = 224;
        long each = await MeasureStreamsAsync(
            static context => new FrontApplication(context), SlowModel.Native(), "slow",
            SlowModel.Request.ToByteArray(), (Streams: 4, Messages: 300));
        Assert.InRange(each, 0, KestrelsWaitBytes);
    }

    /// <summary>Bytes for each message, with one slot to compute in that all streams share.</summary>
    private static async Task<long> MeasureStreamsAsync(
        Func<ServeContext, IHttpApplication<Exchange>> make, IInferenceSession session, string name, byte[] message,
        (int Streams, int Messages) load)
    {
        await using ServingHere serving = await ServingHere.StartAsync(make, session, name);
        IPEndPoint endPoint = serving.EndPoint;
        long before = 0;
        long after = 0;
        using Barrier together = new(load.Streams, barrier => (before, after) = barrier.CurrentPhaseNumber switch
        {
            0 => (before, after),
            1 => (GC.GetTotalAllocatedBytes(precise: true), after),
            _ => (before, GC.GetTotalAllocatedBytes(precise: true)),
        });
        Thread[] callers = [.. Enumerable.Range(0, load.Streams).Select(_ => new Thread(() =>
        {
            using RawGrpcStream stream = new(endPoint, "/inference.GRPCInferenceService/ModelStreamInfer", message);
            for (int phase = 0; phase < 3; phase++)
            {
                together.SignalAndWait();
                for (int i = 0; i < load.Messages && phase < 2; i++)
                {
                    _ = stream.Exchange();
                }
            }

            stream.End();
        }))];
        Array.ForEach(callers, static caller => caller.Start());
        Array.ForEach(callers, static caller => caller.Join());
        return (after - before) / (load.Streams * load.Messages);
    }

    private static async Task<long> MeasureGrpcAsync(
        Func<ServeContext, IHttpApplication<Exchange>> make, byte[] message)
    {
        await using ServingHere serving = await ServingHere.StartAsync(make, TinyModels.NativeAddSub(), "tiny");
        using RawGrpc grpc = new(serving.EndPoint, "/inference.GRPCInferenceService/ModelInfer", message);
        const int Calls = 3000;
        int body = grpc.Exchange();
        for (int i = 0; i < Calls; i++)
        {
            Assert.Equal(body, grpc.Exchange());
        }

        long before = GC.GetTotalAllocatedBytes(precise: true);
        for (int i = 0; i < Calls; i++)
        {
            grpc.Exchange();
        }

        return (GC.GetTotalAllocatedBytes(precise: true) - before) / Calls;
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

        // The least of several rounds: the thread pool and the compiler allocate now and then.
        const int Requests = 2000;
        long least = long.MaxValue;
        for (int round = 0; round < 3; round++)
        {
            long before = GC.GetTotalAllocatedBytes(precise: true);
            for (int i = 0; i < Requests; i++)
            {
                http.Exchange(request, out _);
            }

            least = Math.Min(least, (GC.GetTotalAllocatedBytes(precise: true) - before) / Requests);
        }

        return least;
    }
}
