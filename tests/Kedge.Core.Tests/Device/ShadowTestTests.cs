using Kedge.Core.Deployments;
using Kedge.Core.Device;

namespace Kedge.Core.Tests.Device;

/// <summary>The verdict on a comparison with live requests.</summary>
public sealed class ShadowTestTests
{
    private static readonly ShadowSpec _spec = new();

    [Theory]
    [InlineData(0, 0, 0, ShadowVerdict.GoesOn)]
    [InlineData(199, 199, 60, ShadowVerdict.GoesOn)]
    [InlineData(200, 200, 1, ShadowVerdict.Passed)]
    [InlineData(200, 198, 1, ShadowVerdict.Passed)]
    [InlineData(200, 197, 1, ShadowVerdict.GoesOn)]
    [InlineData(200, 143, 1, ShadowVerdict.Failed)]
    [InlineData(1, 0, 1, ShadowVerdict.GoesOn)]
    [InlineData(5, 0, 1, ShadowVerdict.Failed)]
    [InlineData(0, 0, 600, ShadowVerdict.Passed)]
    [InlineData(200, 197, 600, ShadowVerdict.Passed)]
    [InlineData(200, 143, 600, ShadowVerdict.Failed)]
    public void A_verdict_needs_figures_or_the_end_of_its_time(
        long compared, long agreed, int seconds, ShadowVerdict verdict) =>
        Assert.Equal(verdict, ShadowTest.Judge(_spec, Counts(compared, agreed, seconds)));

    [Fact]
    public void Where_every_answer_must_agree_one_that_does_not_is_enough()
    {
        ShadowSpec strict = new() { AgreementPpm = 1_000_000 };
        Assert.Equal(ShadowVerdict.Failed, ShadowTest.Judge(strict, Counts(1, 0, 1)));
        Assert.Equal(ShadowVerdict.Passed, ShadowTest.Judge(strict, Counts(200, 200, 1)));
    }

    [Fact]
    public void The_sentence_has_the_figures_and_fits_a_problem()
    {
        ShadowCounts counts = new(200, 143, 3, TimeSpan.FromSeconds(5), "output 'label': element 0 is 3, expected 1");
        Assert.Equal(
            "agreed on 143 of 200 answers to live requests, asked for are 99 %; the first difference: "
            + "output 'label': element 0 is 3, expected 1",
            ShadowTest.Words(_spec, counts));
        ShadowCounts wordy = new(long.MaxValue, long.MaxValue, 0, default, new string('x', 5000));
        Assert.InRange(ShadowTest.Words(_spec, wordy).Length, 1, 500);
    }

    /// <summary>
    /// The bounds that docs/operations/rollouts.md states: each after every answer, as no device looks.
    /// </summary>
    [Fact]
    public void A_release_that_agrees_as_often_as_asked_is_hardly_ever_refused_and_a_bad_one_hardly_ever_passes()
    {
        const int Seeds = 20_000;
        Assert.InRange(Enumerable.Range(1, Seeds).Count(s => Run(s, 0.99).Verdict == ShadowVerdict.Failed), 0, 20);
        Assert.InRange(Enumerable.Range(1, Seeds).Count(s => Run(s, 0.96).Verdict != ShadowVerdict.Failed), 0, 600);
        Assert.All(Enumerable.Range(1, Seeds), s => Assert.Equal(ShadowVerdict.Failed, Run(s, 0.8).Verdict));
        Assert.InRange(Enumerable.Range(1, Seeds).Average(s => Run(s, 0.5).Compared), 1, 20);
    }

    private static (ShadowVerdict Verdict, long Compared) Run(int seed, double agreement)
    {
        Random random = new(seed);
        long agreed = 0;
        for (long compared = 1; compared <= 5000; compared++)
        {
            bool agrees = random.NextDouble() < agreement;
            agreed += agrees ? 1 : 0;
            bool mayDecide = !agrees || (compared >= _spec.MinRequests && agreed * 100 >= compared * 99);
            ShadowVerdict verdict = mayDecide
                ? ShadowTest.Judge(_spec, Counts(compared, agreed, 1))
                : ShadowVerdict.GoesOn;
            if (verdict != ShadowVerdict.GoesOn)
            {
                return (verdict, compared);
            }
        }

        return (ShadowTest.Judge(_spec, Counts(5000, agreed, 600)), 5000);
    }

    private static ShadowCounts Counts(long compared, long agreed, int seconds) =>
        new(compared, agreed, 0, TimeSpan.FromSeconds(seconds), "");
}
