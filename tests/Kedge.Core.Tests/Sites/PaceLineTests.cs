using Kedge.Core.Sites;

namespace Kedge.Core.Tests.Sites;

public class PaceLineTests
{
    private const int Piece = PaceRates.PieceBytesMin;

    private readonly PaceLine<string> _line = new();
    private readonly List<(TimeSpan At, string Device, int Bytes)> _sent = [];
    private TimeSpan _now;

    [Fact]
    public void Over_any_time_no_more_goes_than_the_limit_and_one_piece()
    {
        Random random = new(7);
        PaceRates rates = new(100 * Limits.KiB, 40 * Limits.KiB);
        for (int index = 0; index < 400; index++)
        {
            _line.Add(new DeviceId($"d{random.Next(5)}"), "x");
            Run(rates, TimeSpan.FromMilliseconds(random.Next(120)));
        }

        foreach ((TimeSpan from, _, _) in _sent)
        {
            long all = 0;
            Dictionary<string, long> each = [];
            foreach ((TimeSpan at, string device, int bytes) in _sent.SkipWhile(s => s.At < from))
            {
                all += bytes;
                each[device] = each.GetValueOrDefault(device) + bytes;
                double seconds = (at - from).TotalSeconds;
                Assert.True(all <= (rates.Line * seconds) + Piece + 1, $"{all} bytes in {seconds} s");
                Assert.True(each[device] <= (rates.Device * seconds) + Piece + 1, $"{each[device]} in {seconds} s");
            }
        }
    }

    [Fact]
    public void Time_in_which_nothing_was_sent_is_not_saved()
    {
        Fill("a", 10);
        PaceRates rates = new(Piece, 0);
        Run(rates, TimeSpan.FromMilliseconds(1));
        Assert.Single(_sent);
        _line.Clear();
        Run(rates, TimeSpan.FromHours(1));
        Fill("a", 10);
        Run(rates, TimeSpan.FromMilliseconds(1));
        Assert.Equal(2, _sent.Count);
    }

    [Fact]
    public void Devices_take_turns_however_much_each_has()
    {
        Fill("a", 100);
        Fill("b", 3);
        Fill("c", 3);
        Run(new PaceRates(Piece, 0), TimeSpan.FromSeconds(8.5));
        Assert.Equal("a b c a b c a b c", string.Join(' ', _sent.Select(s => s.Device)));
    }

    [Fact]
    public void A_device_that_may_not_yet_does_not_hold_up_the_others()
    {
        Fill("a", 100);
        Fill("b", 100);
        Run(new PaceRates(4 * Piece, Piece), TimeSpan.FromSeconds(10.1));
        Assert.Equal((11, 10), (_sent.Count(s => s.Device == "a"), _sent.Count(s => s.Device == "b")));
    }

    [Fact]
    public void Another_limit_counts_at_once_both_ways()
    {
        Fill("a", 100);
        Run(new PaceRates(Piece, 0), TimeSpan.FromSeconds(2.5));
        Assert.Equal(3, _sent.Count);
        Run(new PaceRates(10 * Piece, 0), TimeSpan.FromSeconds(1));
        Assert.InRange(_sent.Count, 12, 13);
        int before = _sent.Count;
        Run(new PaceRates(Piece, 0), TimeSpan.FromSeconds(5));
        Assert.InRange(_sent.Count - before, 4, 6);
        Run(default, TimeSpan.Zero);
        Assert.Equal(100, _sent.Count);
        Assert.Equal(0, _line.Waiting);
    }

    [Fact]
    public void Who_no_longer_waits_is_passed_over_and_costs_nothing()
    {
        _line.Add(new DeviceId("a"), "gone");
        Fill("b", 1);
        _line.Remove(new DeviceId("a"), "gone");
        _line.Remove(new DeviceId("nobody"), "gone");
        Run(new PaceRates(Piece, 0), TimeSpan.Zero);
        Assert.Equal("b", Assert.Single(_sent).Device);
        Assert.False(_line.TryNext(default, _now, out _, out _, out TimeSpan wait));
        Assert.Equal(TimeSpan.Zero, wait);
    }

    private void Fill(string device, int count)
    {
        for (int index = 0; index < count; index++)
        {
            _line.Add(new DeviceId(device), $"{device} {index}");
        }
    }

    /// <summary>Runs as a shell does: sends while somebody may, then sleeps for as long as it is told.</summary>
    private void Run(PaceRates rates, TimeSpan time)
    {
        TimeSpan end = _now + time;
        while (true)
        {
            TimeSpan wait;
            while (_line.TryNext(rates, _now, out _, out DeviceId device, out wait))
            {
                _line.Take(device, Piece);
                _sent.Add((_now, device.ToString(), Piece));
            }

            if (wait == TimeSpan.Zero || _now + wait > end)
            {
                _now = end;
                return;
            }

            _now += wait;
        }
    }
}
