using System.Collections.Immutable;
using Kedge.Core.Device;
using Kedge.Core.Measure;

namespace Kedge.Core.Tests.Measure;

public sealed class FigureLogTests
{
    private static readonly DeploymentId Name = new("bearing");

    [Fact]
    public void A_window_that_is_told_again_replaces_itself_and_an_older_telling_changes_nothing()
    {
        ImmutableArray<FigureWindow> log = FigureLog.Add([], [Window(1, 100, 10)], 1_000);
        log = FigureLog.Add(log, [Window(1, 100, 30)], 2_000);
        log = FigureLog.Add(log, [Window(1, 100, 20)], 3_000);
        FigureWindow held = Assert.Single(log);
        Assert.Equal((30L, 1_000L), (held.Requests, held.HeardMs));
    }

    [Fact]
    public void The_newest_windows_of_the_newest_releases_are_kept()
    {
        ImmutableArray<FigureWindow> log = [];
        for (int release = 1; release <= 5; release++)
        {
            for (int window = 0; window < 5; window++)
            {
                long now = (release * 1_000) + window;
                log = FigureLog.Add(log, [Window(release, now, window)], now);
            }
        }

        Assert.Equal(
            [3002L, 3003L, 3004L, 4002L, 4003L, 4004L, 5002L, 5003L, 5004L],
            log.Where(static w => w.Folded == 0).Select(static w => w.FromMs));
        Assert.All(log.Where(static w => w.Folded > 0), static w => Assert.Equal((2, 1L), (w.Folded, w.Requests)));
        Assert.Equal(3, log.Count(static w => w.Folded > 0));
    }

    [Fact]
    public void Nothing_that_a_release_answered_is_forgotten_or_counted_twice()
    {
        Random random = new(4);
        ImmutableArray<FigureWindow> log = [];
        long answered = 0;
        for (int window = 1; window <= 60; window++)
        {
            long requests = random.Next(100);
            answered += requests;
            FigureWindow[] newest = [Window(1, window, requests)];
            for (int telling = random.Next(1, 4); telling > 0; telling--)
            {
                log = FigureLog.Add(log, newest, window);
            }

            // A new connection: the device tells again what it keeps, and somebody what is long in the sum.
            log = FigureLog.Add(log, [.. log.Where(static w => w.Folded == 0)], window);
            log = window > 5 ? FigureLog.Add(log, [Window(1, window - 5, 1_000)], window) : log;
            Assert.Equal(answered, log.Sum(static w => w.Requests));
        }

        Assert.Equal(FigureLog.WindowsPerReleaseMax + 1, log.Length);
        Assert.Equal(57, log[0].Folded);
    }

    [Fact]
    public void Losing_and_repeating_messages_changes_no_sum()
    {
        Random random = new(3);
        FigureWindow[] told = [.. Enumerable.Range(1, 40).Select(i => Window(1, 100, i))];
        ImmutableArray<FigureWindow> log = [];
        for (int i = 0; i < 40; i++)
        {
            foreach (FigureWindow message in told[..(i + 1)].Where(_ => random.Next(3) == 0))
            {
                log = FigureLog.Add(log, [message], i);
            }
        }

        log = FigureLog.Add(log, [told[^1]], 41);
        Assert.Equal(40, Assert.Single(log).Requests);
    }

    private static FigureWindow Window(int release, long from, long requests) => new()
    {
        Instance = new InstanceId(Name, release),
        Release = Digest.Of([(byte)release]),
        FromMs = from,
        ForMs = requests,
        Requests = requests,
    };
}
