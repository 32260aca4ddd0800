namespace Kedge.Bench.Serve;

/// <summary>What one run gave.</summary>
/// <param name="Rps">Requests per second.</param>
/// <param name="Mean">Microseconds.</param>
/// <param name="P50">Microseconds.</param>
/// <param name="P99">Microseconds.</param>
internal sealed record Measured(double Rps, double Mean, double P50, double P99)
{
    /// <summary>
    /// Runs workers side by side: first to warm up, then measured. What ends after the warm-up counts, and whoever is
    /// under way at the end goes on until it has its answer, so that slow answers count too.
    /// </summary>
    public static Measured Run(int concurrency, TimeSpan warmUp, TimeSpan duration, Func<Action> newWorker)
    {
        long warmUntil = TimeProvider.System.GetTimestamp() + Ticks(warmUp);
        long until = warmUntil + Ticks(duration);
        List<long>[] times = new List<long>[concurrency];
        Thread[] threads = [.. Enumerable.Range(0, concurrency).Select(index => new Thread(() =>
        {
            Action ask = newWorker();
            List<long> own = new(1 << 20);
            long started = TimeProvider.System.GetTimestamp();
            while (started < until)
            {
                ask();
                long ended = TimeProvider.System.GetTimestamp();
                if (ended >= warmUntil)
                {
                    own.Add(ended - started);
                }

                started = ended;
            }

            times[index] = own;
        }))];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        double seconds = TimeProvider.System.GetElapsedTime(warmUntil).TotalSeconds;
        long[] all = [.. times.SelectMany(own => own).Order()];
        double perMicrosecond = TimeProvider.System.TimestampFrequency / 1e6;
        return new Measured(
            all.Length / seconds,
            all.Average() / perMicrosecond,
            all[all.Length / 2] / perMicrosecond,
            all[(int)(all.Length * 0.99)] / perMicrosecond);
    }

    private static long Ticks(TimeSpan span) => (long)(span.TotalSeconds * TimeProvider.System.TimestampFrequency);
}
