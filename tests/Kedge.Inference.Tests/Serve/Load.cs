using System.Collections.Concurrent;
using System.Net;
using System.Text;

namespace Kedge.Inference.Tests.Serve;

/// <summary>Clients that ask without a pause, each on a connection that it keeps until the server closes it.</summary>
internal sealed class Load : IDisposable
{
    private readonly ConcurrentDictionary<string, long> _answers = new();
    private readonly ConcurrentQueue<string> _failures = new();
    private readonly List<Thread> _threads = [];
    private volatile bool _stop;

    public Load(IPEndPoint endPoint, int clients)
    {
        for (int i = 0; i < clients; i++)
        {
            Thread thread = new(() => Run(endPoint)) { IsBackground = true };
            thread.Start();
            _threads.Add(thread);
        }
    }

    public IReadOnlyCollection<string> Failures => _failures;

    public long Answers(string version) => _answers.GetValueOrDefault(version);

    public void WaitFor(Func<bool> condition)
    {
        bool met = SpinWait.SpinUntil(() => condition() || !_failures.IsEmpty, TimeSpan.FromSeconds(60));
        string state = string.Join(", ", _answers.Select(pair => $"version {pair.Key}: {pair.Value}"));
        Assert.True(met && _failures.IsEmpty, $"Answers: {state}. Failures: {string.Join("; ", _failures.Take(5))}");
    }

    public void Stop()
    {
        _stop = true;
        _threads.ForEach(thread => thread.Join());
    }

    public void Dispose() => Stop();

    private void Run(IPEndPoint endPoint)
    {
        while (!_stop)
        {
            try
            {
                using RawHttp http = RawHttp.Connect(endPoint);
                while (!_stop && !http.Closes)
                {
                    AskOnce(http);
                }
            }
            catch (Exception failure) when (failure is IOException or System.Net.Sockets.SocketException)
            {
                _failures.Enqueue(failure.Message);
            }
        }
    }

    private void AskOnce(RawHttp http)
    {
        int status = http.Exchange(RawHttp.AddSubRequest, out ReadOnlySpan<byte> body);
        string text = Encoding.UTF8.GetString(body);
        if (status != 200)
        {
            _failures.Enqueue(text);
        }

        _answers.AddOrUpdate(
            text.Contains("\"model_version\":\"2\"", StringComparison.Ordinal) ? "2" : "1", 1, static (_, n) => n + 1);
    }
}
