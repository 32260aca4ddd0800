using System.Collections.Concurrent;
using System.Net;
using System.Runtime.InteropServices;
using OpenInference;

namespace Kedge.Inference.Tests.Grpc;

/// <summary>
/// Clients that ask without a pause over gRPC, some by single calls and some by streams, which each opens anew after a
/// number of messages or when it is told to. Whatever a server loses is seen.
/// </summary>
internal sealed class GrpcLoad : IDisposable
{
    private const int MessagesPerStream = 40;

    private readonly ConcurrentDictionary<string, long> _answers = new();
    private readonly ConcurrentQueue<string> _failures = new();
    private readonly List<Task> _tasks = [];
    private readonly GrpcPeer _peer;
    private volatile bool _stop;
    private long _reopened;

    public GrpcLoad(IPEndPoint endPoint, int callers, int streams)
    {
        _peer = new GrpcPeer(endPoint);
        for (int i = 0; i < callers; i++)
        {
            int caller = i;
            _tasks.Add(Task.Run(() => CallAsync(caller)));
        }

        for (int i = 0; i < streams; i++)
        {
            // One of them goes on for ever: it ends only when it is told to.
            int messages = i == 0 ? int.MaxValue : MessagesPerStream;
            _tasks.Add(Task.Run(() => StreamAsync(endPoint, messages)));
        }
    }

    public IReadOnlyCollection<string> Failures => _failures;

    /// <summary>Streams that were told to be opened again.</summary>
    public long Reopened => Interlocked.Read(ref _reopened);

    public long Answers(string version) => _answers.GetValueOrDefault(version);

    public void WaitFor(Func<bool> condition)
    {
        bool met = SpinWait.SpinUntil(() => condition() || !_failures.IsEmpty, TimeSpan.FromSeconds(60));
        string state = string.Join(", ", _answers.Select(static pair => $"version {pair.Key}: {pair.Value}"));
        Assert.True(met && _failures.IsEmpty, $"Answers: {state}. Failures: {string.Join("; ", _failures.Take(5))}");
    }

    public async Task StopAsync()
    {
        _stop = true;
        await Task.WhenAll(_tasks);
    }

    public void Dispose()
    {
        _stop = true;
        _peer.Dispose();
    }

    private async Task CallAsync(int caller)
    {
        try
        {
            for (int i = 0; !_stop; i++)
            {
                string id = $"{caller}.{i}";
                (int status, string message, ModelInferResponse? answer) = await _peer.AskAsync(
                    "ModelInfer", Messages.AddSub(raw: true, id), ModelInferResponse.Parser);
                Take(status == 0 ? "" : $"{status} {message}", answer, id);
            }
        }
        catch (Exception failure)
        {
            _failures.Enqueue(failure.ToString());
        }
    }

    private async Task StreamAsync(IPEndPoint endPoint, int messages)
    {
        try
        {
            int sent = 0;
            while (!_stop)
            {
                // A connection of its own: a client that reopens asks for the one who listens now.
                using GrpcPeer peer = new(endPoint);
                using GrpcStreamPeer stream = await GrpcStreamPeer.OpenAsync(peer);
                bool isOpen = true;
                for (int i = 0; i < messages && !_stop && isOpen; i++)
                {
                    string id = $"s{sent}";
                    stream.Send(Messages.AddSub(raw: true, id));
                    ModelStreamInferResponse? answer = await stream.ReceiveAsync();
                    isOpen = answer is not null;
                    if (answer is not null)
                    {
                        Take(answer.ErrorMessage, answer.InferResponse, id);
                        sent++;
                    }
                }

                stream.SendEnd();
                if (isOpen)
                {
                    Assert.Null(await stream.ReceiveAsync());
                    Assert.Equal((0, ""), stream.Status());
                    continue;
                }

                (int status, string message) = stream.Status();
                Assert.Equal(14, status);
                Assert.StartsWith("KEDGE-INFER-045", message, StringComparison.Ordinal);
                Interlocked.Increment(ref _reopened);
            }
        }
        catch (Exception failure)
        {
            _failures.Enqueue(failure.ToString());
        }
    }

    private void Take(string fault, ModelInferResponse? answer, string id)
    {
        if (fault.Length > 0 || answer is null || answer.Id != id
            || MemoryMarshal.Cast<byte, int>(answer.RawOutputContents[0].Span)[15] != 30)
        {
            _failures.Enqueue($"{id}: {fault} {answer}");
            return;
        }

        _answers.AddOrUpdate(answer.ModelVersion, 1, static (_, n) => n + 1);
    }
}
