using Kedge.Native;

namespace Kedge.Bench.Serve;

/// <summary>What one run gave.</summary>
/// <param name="Rps">Requests per second.</param>
/// <param name="Mean">Microseconds.</param>
/// <param name="P50">Microseconds.</param>
/// <param name="P99">Microseconds.</param>
internal sealed record Measured(double Rps, double Mean, double P50, double P99)
{
    /// <summary>
    /// Runs askers side by side, each of which asks again when it has its answer (closed loop): first to warm up, then
    /// measured. What ends after the warm-up counts, and whoever is under way at the end goes on until it has its
    /// answer, so that slow answers count too.
    /// <para>Those that ask over connections share as many threads as there are processors, and an answer that comes
    /// takes no processor from the server in the middle of the next one: with a thread for each, or where clients
    /// interrupt, one on the server's machine would mostly measure how fast the kernel changes between threads.</para>
    /// </summary>
    /// <param name="concurrency">Requests under way at once, 1 or more.</param>
    /// <param name="warmUp">For how long before.</param>
    /// <param name="duration">For how long.</param>
    /// <param name="newAsker">Called for each, before the clock starts.</param>
    public static Measured Run(int concurrency, TimeSpan warmUp, TimeSpan duration, Func<IAsker> newAsker)
    {
        IAsker[] askers = [.. Enumerable.Range(0, concurrency).Select(_ => newAsker())];
        IConnectionAsker[] connections = [.. askers.OfType<IConnectionAsker>()];
        int count = connections.Length == concurrency
            ? Math.Min(concurrency, Environment.ProcessorCount)
            : concurrency;
        List<long>[] times = [.. Enumerable.Range(0, count).Select(_ => new List<long>(1 << 16))];
        long warmUntil = TimeProvider.System.GetTimestamp() + Ticks(warmUp);
        long until = warmUntil + Ticks(duration);
        Thread[] threads = [.. Enumerable.Range(0, count).Select(index => new Thread(() =>
        {
            if (count == concurrency)
            {
                AskOne(askers[index], times[index], warmUntil, until);
                return;
            }

            AskMany([.. connections.Where((_, i) => i % count == index)], times[index], warmUntil, until);
        }))];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        double seconds = TimeProvider.System.GetElapsedTime(warmUntil).TotalSeconds;
        Array.ForEach(askers, asker => asker.Dispose());
        long[] all = [.. times.SelectMany(own => own).Order()];
        double perMicrosecond = TimeProvider.System.TimestampFrequency / 1e6;
        return new Measured(
            all.Length / seconds,
            all.Average() / perMicrosecond,
            all[all.Length / 2] / perMicrosecond,
            all[(int)(all.Length * 0.99)] / perMicrosecond);
    }

    private static void AskOne(IAsker asker, List<long> times, long warmUntil, long until)
    {
        long started = TimeProvider.System.GetTimestamp();
        while (started < until)
        {
            asker.Ask();
            long ended = TimeProvider.System.GetTimestamp();
            if (ended >= warmUntil)
            {
                times.Add(ended - started);
            }

            started = ended;
        }
    }

    private static void AskMany(IConnectionAsker[] askers, List<long> times, long warmUntil, long until)
    {
        CourteousThread.InterruptNobody();
        using ReadySet ready = new();
        long[] started = new long[askers.Length]; // 0 for one that has had its last answer.
        for (int i = 0; i < askers.Length; i++)
        {
            ready.Watch(askers[i].Socket.SafeHandle, i);
            started[i] = TimeProvider.System.GetTimestamp();
            askers[i].Send();
        }

        for (int underWay = askers.Length; underWay > 0;)
        {
            foreach (ReadyEntry entry in ready.Wait(blocks: true))
            {
                int index = entry.Key;
                if (started[index] == 0)
                {
                    continue; // What a connection says when nobody asks.
                }

                askers[index].Receive();
                long ended = TimeProvider.System.GetTimestamp();
                if (ended >= warmUntil)
                {
                    times.Add(ended - started[index]);
                }

                if (ended >= until)
                {
                    underWay--;
                    started[index] = 0;
                    continue;
                }

                started[index] = ended;
                askers[index].Send();
            }
        }
    }

    private static long Ticks(TimeSpan span) => (long)(span.TotalSeconds * TimeProvider.System.TimestampFrequency);
}
