using Kedge.Inference.Onnx.Native;

namespace Kedge.Inference.Tests.Sessions;

/// <summary>Who leads a run: one caller of a long one, the pool every other, and each caller its short one.</summary>
public sealed class OrtLeadTests
{
    private static readonly TimeSpan Short = TimeSpan.FromMicroseconds(20);
    private static readonly TimeSpan Long = TimeSpan.FromMilliseconds(5);

    [Fact]
    public void One_caller_leads_a_long_run_and_the_pool_the_others()
    {
        OrtSeat seat = new();
        OrtLead one = Usually(Long, seat);
        OrtLead other = Usually(Long, seat);
        Assert.Equal(OrtLeader.CallerOfLong, one.Choose());
        Assert.Equal(OrtLeader.Pool, one.Choose());
        Assert.Equal(OrtLeader.Pool, other.Choose());
        one.End(OrtLeader.Pool, Long);
        Assert.Equal(OrtLeader.Pool, one.Choose());
        one.End(OrtLeader.CallerOfLong, Long);
        Assert.Equal(OrtLeader.CallerOfLong, other.Choose());
        Assert.Equal(OrtLeader.Pool, one.Choose());
    }

    [Fact]
    public void Short_runs_are_led_by_their_callers_and_take_no_seat()
    {
        OrtSeat seat = new();
        OrtLead quick = Usually(Short, seat);
        Assert.Equal(OrtLeader.CallerOfShort, quick.Choose());
        Assert.Equal(OrtLeader.CallerOfShort, quick.Choose());
        Assert.Equal(OrtLeader.CallerOfLong, Usually(Long, seat).Choose());
        Assert.Equal(OrtLeader.CallerOfShort, quick.Choose());
    }

    [Fact]
    public void What_becomes_long_is_seen_after_a_few_runs()
    {
        OrtSeat seat = new();
        OrtLead lead = Usually(Short, seat);
        for (int i = 0; i < 3; i++)
        {
            OrtLeader leader = lead.Choose();
            lead.End(leader, Long);
        }

        Assert.Equal(OrtLeader.CallerOfLong, lead.Choose());
    }

    [Fact]
    public void Without_a_pool_each_caller_leads()
    {
        OrtSeat seat = new();
        OrtLead lead = new(hasPool: false, seat);
        lead.End(lead.Choose(), Long);
        Assert.Equal(OrtLeader.CallerOfShort, lead.Choose());
        Assert.True(seat.TryTake());
    }

    private static OrtLead Usually(TimeSpan taken, OrtSeat seat)
    {
        OrtLead lead = new(hasPool: true, seat);
        Assert.Equal(OrtLeader.CallerOfShort, lead.Choose());
        lead.End(OrtLeader.CallerOfShort, taken);
        return lead;
    }
}
