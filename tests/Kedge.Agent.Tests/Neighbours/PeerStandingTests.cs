using Kedge.Agent.Neighbours;
using Kedge.Core;
using Kedge.Tests.Support.Devices;

namespace Kedge.Agent.Tests.Neighbours;

public sealed class PeerStandingTests
{
    private static readonly DeviceId Press = new("press-1");
    private readonly ManualTime _time = new();

    [Fact]
    public void Who_lies_is_left_out_for_an_hour_and_told_once()
    {
        List<string> told = [];
        PeerStanding standing = new(_time) { OnLiar = (device, finding) => told.Add($"{device} {finding.Code}") };
        standing.Lied(Press, NeighbourErrors.WrongBytes.At("x"));
        standing.Lied(Press, NeighbourErrors.TooSlow.At("x"));
        Assert.Equal(["press-1 KEDGE-AGENT-050"], told);
        _time.Advance(PeerLimits.LiarTime - TimeSpan.FromSeconds(1));
        Assert.True(standing.IsOut(Press));
        Assert.False(standing.IsAsked(Press));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.False(standing.IsOut(Press));
        Assert.True(standing.IsAsked(Press));
    }

    [Fact]
    public void Who_does_not_answer_is_asked_once_more_at_once_and_then_more_and_more_seldom()
    {
        PeerStanding standing = new(_time);
        List<double> waits = [];
        for (int i = 0; i < 7; i++)
        {
            standing.DidNotAnswer(Press);
            double waited = 0;
            while (!standing.IsAsked(Press))
            {
                _time.Advance(TimeSpan.FromSeconds(1));
                waited++;
            }

            waits.Add(waited);
        }

        Assert.Equal([0, 4, 8, 16, 32, 32, 32], waits);
        standing.Answered(Press);
        standing.DidNotAnswer(Press);
        Assert.True(standing.IsAsked(Press));
    }
}
