using System.Globalization;
using Kedge.Native;

namespace Kedge.Inference.Tests.Native;

public sealed class CourteousThreadTests
{
    private const int Nice = 19;
    private const int Policy = 41;
    private const int Batch = 3;

    [Fact]
    public void A_thread_that_interrupts_nobody_is_a_batch_thread_and_others_stay_what_they_are()
    {
        int before = Field(Policy);
        Assert.Equal((before, Batch), Of(static () => Field(Policy), CourteousThread.InterruptNobody));
    }

    [Fact]
    public void A_thread_that_gives_way_is_nice_and_others_stay_what_they_are()
    {
        int before = Field(Nice);
        Assert.Equal((before, 10), Of(static () => Field(Nice), CourteousThread.GiveWay));
    }

    /// <summary>What the calling thread reads, and what one reads that was courteous before.</summary>
    private static (int Here, int There) Of(Func<int> read, Action courtesy)
    {
        int there = -1;
        Thread thread = new(() =>
        {
            courtesy();
            there = read();
        });
        thread.Start();
        thread.Join();
        return (read(), there);
    }

    /// <summary>Of proc_pid_stat(5), numbered as there.</summary>
    private static int Field(int number)
    {
        string stat = File.ReadAllText("/proc/thread-self/stat");
        string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' '); // From the third on.
        return int.Parse(fields[number - 3], CultureInfo.InvariantCulture);
    }
}
