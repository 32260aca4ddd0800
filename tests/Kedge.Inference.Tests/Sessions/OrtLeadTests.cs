using Kedge.Inference.Onnx.Native;

namespace Kedge.Inference.Tests.Sessions;

/// <summary>
/// Who leads a run: callers of long ones where processors are left beside the pool, the pool the others, and each
/// caller its short one.
/// </summary>
public sealed class OrtLeadTests
{
    private static readonly TimeSpan Short = TimeSpan.FromMicroseconds(20);
    private static readonly TimeSpan Long = TimeSpan.FromMilliseconds(5);

    [Fact]
    public void One_caller_leads_a_long_run_and_the_pool_the_others()
    {
        OrtSeats seats = new();
        OrtLead one = Usually(Long, seats);
        OrtLead other = Usually(Long, seats);
        Assert.Equal(OrtLeader.SeatedCaller, one.Choose());
        Assert.Equal(OrtLeader.Pool, one.Choose());
        Assert.Equal(OrtLeader.Pool, other.Choose());
        one.End(OrtLeader.Pool, Long);
        Assert.Equal(OrtLeader.Pool, one.Choose());
        one.End(OrtLeader.SeatedCaller, Long);
        Assert.Equal(OrtLeader.SeatedCaller, other.Choose());
        Assert.Equal(OrtLeader.Caller, one.Choose());
        one.End(OrtLeader.Caller, Long);
        Assert.Equal(OrtLeader.Caller, one.Choose());
    }

    [Theory]
    [InlineData(4, 3, 1)]
    [InlineData(8, 1, 7)]
    [InlineData(2, 1, 1)]
    public void As_many_run_at_once_as_there_are_processors_and_a_pool_leads_no_more_than_it_has_threads(
        int processors, int helpers, int callers)
    {
        OrtLead lead = Usually(Long, new OrtSeats(), helpers, callers);
        OrtLeader[] chosen = [.. Enumerable.Range(0, processors).Select(_ => lead.Choose())];
        Assert.Equal(callers, chosen.Count(static leader => leader == OrtLeader.SeatedCaller));
        Assert.Equal(helpers, chosen.Count(static leader => leader == OrtLeader.Pool));
        Assert.Equal(OrtLeader.Caller, lead.Choose());
    }

    [Fact]
    public void Short_runs_are_led_by_their_callers_and_take_no_seat()
    {
        OrtSeats seats = new();
        OrtLead quick = Usually(Short, seats);
        Assert.Equal(OrtLeader.Caller, quick.Choose());
        Assert.Equal(OrtLeader.Caller, quick.Choose());
        Assert.Equal(OrtLeader.SeatedCaller, Usually(Long, seats).Choose());
        Assert.Equal(OrtLeader.Caller, quick.Choose());
    }

    [Fact]
    public void What_becomes_long_is_seen_after_a_few_runs()
    {
        OrtSeats seats = new();
        OrtLead lead = Usually(Short, seats);
        for (int i = 0; i < 3; i++)
        {
            OrtLeader leader = lead.Choose();
            lead.End(leader, Long);
        }

        Assert.Equal(OrtLeader.SeatedCaller, lead.Choose());
    }

    [Fact]
    public void A_thread_is_lent_where_it_would_lead_and_counts_as_if_it_led()
    {
        OrtSeats seats = new();
        OrtLead lead = Usually(Long, seats);
        Assert.False(lead.MayLend);
        Assert.False(lead.TryLend());
        Assert.Equal(OrtLeader.SeatedCaller, lead.Choose());
        Assert.True(lead.TryLend());
        Assert.True(lead.MayLend); // Who has it keeps it.
        Assert.False(lead.TryLend());
        Assert.Equal(OrtLeader.Caller, lead.Choose());
        lead.EndLoan();
        Assert.Equal(OrtLeader.Pool, lead.Choose());
        Assert.False(lead.TryLend());
        lead.End(OrtLeader.SeatedCaller, Long);
        Assert.False(lead.MayLend); // A caller would have the processor that is free now, and the pool besides.
    }

    [Fact]
    public void Nothing_is_lent_for_short_runs_or_by_a_pool_of_several_threads()
    {
        OrtSeats seats = new();
        Assert.True(seats.TryTake(1));
        Assert.False(Usually(Short, seats).TryLend());
        Assert.False(Usually(Long, seats, helpers: 2).TryLend());
        Assert.True(Usually(Long, seats).TryLend());
    }

    [Fact]
    public void Without_a_pool_each_caller_leads()
    {
        OrtSeats seats = new();
        OrtLead lead = new(helpers: 0, callersMax: 1, seats);
        lead.End(lead.Choose(), Long);
        Assert.Equal(OrtLeader.Caller, lead.Choose());
        Assert.True(seats.TryTake(1));
        Assert.False(lead.TryLend());
    }

    private static OrtLead Usually(TimeSpan taken, OrtSeats seats, int helpers = 1, int callers = 1)
    {
        OrtLead lead = new(helpers, callers, seats);
        Assert.Equal(OrtLeader.Caller, lead.Choose());
        lead.End(OrtLeader.Caller, taken);
        return lead;
    }
}
