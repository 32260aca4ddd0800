using Kedge.Core;
using Kedge.Core.Errors;
using Kedge.Inference.Errors;
using Kedge.Inference.Lifecycle;

namespace Kedge.Inference.Tests.Lifecycle;

public sealed class LifecycleTests
{
    private static readonly TimeSpan _short = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan _second = TimeSpan.FromSeconds(1);

    [Fact]
    public void Without_a_budget_everything_is_loaded_once_and_stays()
    {
        LifecycleWorld world = new(0, 10, 20, 30);
        Assert.Equal("UNAVAILABLE", world.State.Slots[0].IndexWord);
        world.LoadAll();
        Assert.All(world.State.Slots, static slot => Assert.Equal(("READY", ""), (slot.IndexWord, slot.IndexReason)));
        world.Ask(0, _short);
        world.Ask(2, _short);
        world.Run();
        Assert.Equal([1, 1, 1], world.Loads[..3]);
        Assert.Equal([1, 0, 1], world.Served[..3]);
    }

    [Fact]
    public void The_least_recently_used_leaves_and_comes_back_when_it_is_asked()
    {
        LifecycleWorld world = new(50, 20, 20, 20);
        world.LoadAll();
        Assert.Equal(ModelPhase.Resting, world.Phase(0));
        Assert.Equal("READY", world.State.Slots[0].IndexWord);
        world.Ask(1, _short);
        world.Run();
        int answered = 0;
        world.Ask(0, _short, done: served => answered += served ? 1 : 0);
        world.Ask(0, _short, done: served => answered += served ? 1 : 0);
        world.Run();
        Assert.Equal(2, answered); // The first request waited and succeeded, and both waited for one load.
        Assert.Equal([2, 1, 1], world.Loads[..3]);
        Assert.Equal(ModelPhase.Resting, world.Phase(2)); // 1 was used after it.
        Assert.Equal(ModelPhase.Ready, world.Phase(1));
    }

    [Fact]
    public void A_model_in_use_leaves_only_after_its_last_request()
    {
        LifecycleWorld world = new(30, 20, 20);
        world.LoadAll();
        TimeSpan ended = default;
        world.Ask(1, _second, done: _ => ended = world.Now);
        TimeSpan began = default;
        world.Ask(0, _short, done: _ => began = world.Now);
        Assert.Equal(ModelPhase.Leaving, world.Phase(1));
        world.Run();
        Assert.True(began > ended);
        Assert.Equal(1, world.Served[0]);
    }

    [Fact]
    public void A_request_that_gave_up_lets_the_other_model_stay()
    {
        LifecycleWorld world = new(30, 20, 20);
        world.LoadAll();
        world.Ask(1, _second);
        world.Ask(0, _short, patience: TimeSpan.FromMilliseconds(200));
        int others = 0;
        world.After(TimeSpan.FromMilliseconds(50), () =>
            world.Ask(1, _short, done: served => others += served ? 1 : 0));
        world.Run(TimeSpan.FromSeconds(0.5));
        Assert.Equal(1, others); // It waited behind the other, then went on at once.
        world.Run();
        Assert.Equal([1, 1], world.Loads[..2]);
        Assert.Equal([ServeErrors.LoadTooSlow.Code], world.Faults);
        Assert.Equal(ModelPhase.Ready, world.Phase(1));
    }

    [Fact]
    public void A_failed_load_is_told_to_all_who_wait_and_tried_again_later()
    {
        Finding broken = ServeErrors.ModelLoadFailed.At("broken");
        LifecycleWorld world = new(30, 20, 20);
        world.LoadAll();
        world.Fault = slot => slot == 0 ? broken : null;
        world.Ask(0, _short);
        world.Ask(0, _short);
        world.Run();
        Assert.Equal([broken.Code, broken.Code], world.Faults);
        Assert.Equal(("UNAVAILABLE", "KEDGE-SERVE-004: broken"),
            (world.State.Slots[0].IndexWord, world.State.Slots[0].IndexReason));
        world.Ask(0, _short);
        Assert.Equal(3, world.Faults.Count); // At once, without another try.
        Assert.Equal(2, world.Loads[0]);
        world.Run(world.Now + LifecycleLimits.RetryMin);
        world.Ask(0, _short);
        world.Run();
        Assert.Equal(3, world.Loads[0]);
        world.Run(world.Now + LifecycleLimits.RetryMin);
        world.Ask(0, _short);
        Assert.Equal(3, world.Loads[0]); // The second pause is longer.
        world.Fault = static _ => null;
        world.AskLoad(0); // Whoever asks for the load itself need not wait for the pause.
        world.Run();
        Assert.Equal(ModelPhase.Ready, world.Phase(0));
        Assert.Equal((null, 0), (world.State.Slots[0].Fault, world.State.Slots[0].Failures));
    }

    [Fact]
    public void An_unloaded_model_refuses_until_it_is_loaded_again()
    {
        LifecycleWorld world = new(0, 20);
        world.LoadAll();
        world.Ask(0, _second);
        world.AskUnload(0);
        Assert.Equal("UNLOADING", world.State.Slots[0].IndexWord);
        Assert.Equal(1, world.Waiting); // Whoever asked hears when the last request is done.
        world.Ask(0, _short);
        Assert.Equal([ServeErrors.ModelUnloaded.Code], world.Faults);
        world.Run();
        Assert.Equal(0, world.Waiting);
        Assert.Equal(("UNAVAILABLE", "unloaded"), (world.State.Slots[0].IndexWord, world.State.Slots[0].IndexReason));
        world.AskUnload(0); // No error: it is as was asked.
        world.AskLoad(0);
        world.AskUnload(0); // In the middle of the load.
        world.AskLoad(0);
        world.Run();
        Assert.Equal(0, world.Waiting);
        Assert.Equal(ModelPhase.Ready, world.Phase(0));
        Assert.Equal(1, world.Served[0]);
    }

    [Fact]
    public void A_model_that_fits_into_no_budget_says_so()
    {
        LifecycleWorld world = new(30, 20, 40);
        world.LoadAll();
        Assert.Equal([ServeErrors.ModelTooLarge.Code], world.Faults);
        Assert.Equal("UNAVAILABLE", world.State.Slots[1].IndexWord);
        LifecycleWorld liar = new(30, 10) { Measured = static _ => 31 };
        liar.LoadAll();
        Assert.Equal([ServeErrors.ModelTooLarge.Code], liar.Faults);
        Assert.Equal((ModelPhase.Absent, 0), (liar.Phase(0), liar.State.HeldBytes));
    }

    [Fact]
    public void Room_is_made_for_a_model_that_turned_out_larger()
    {
        LifecycleWorld world = new(50, 10, 10, 10) { Measured = static slot => slot == 2 ? 45 : 10 };
        world.LoadAll();
        Assert.Equal(
            [ModelPhase.Resting, ModelPhase.Resting, ModelPhase.Ready],
            world.State.Slots.Select(static slot => slot.Phase));
    }

    [Fact]
    public void Too_many_who_wait_are_refused()
    {
        LifecycleWorld world = new(30, 20, 20);
        world.LoadAll();
        world.Ask(1, _second);
        for (int i = 0; i <= LifecycleLimits.WaitersMax; i++)
        {
            world.Ask(0, TimeSpan.Zero);
        }

        Assert.Equal([ServeErrors.LoadQueueFull.Code], world.Faults);
        world.Run();
        Assert.Equal(LifecycleLimits.WaitersMax, world.Served[0]);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void Two_models_that_do_not_fit_together_never_starve_each_other(int clients)
    {
        LifecycleWorld world = new(30, 20, 20);
        world.LoadAll();
        TimeSpan end = world.Now + TimeSpan.FromSeconds(60);
        for (int i = 0; i < clients; i++)
        {
            // Their requests overlap: the model that is in memory is never idle by itself.
            TimeSpan computes = _short + TimeSpan.FromMilliseconds(3 * i);
            Ask(0, computes);
            Ask(1, computes);
        }

        world.Run();
        Assert.True(Math.Abs(world.Served[0] - world.Served[1]) < world.Served[0] / 4);
        Assert.True(world.LongestWait < TimeSpan.FromMilliseconds(500), $"{world.LongestWait}");
        // Models stay as long as their load took: half of the time goes into computing.
        Assert.True(world.Served[0] + world.Served[1] > 1500 * clients, $"{world.Served[0]} {world.Served[1]}");
        void Ask(int slot, TimeSpan computes) => world.Ask(slot, computes, done: served =>
        {
            Assert.True(served);
            if (world.Now < end)
            {
                Ask(slot, computes);
            }
        });
    }

    [Fact]
    public void Whatever_comes_everyone_gets_one_answer_in_time()
    {
        for (ulong seed = 1; seed <= 300; seed++)
        {
            try
            {
                RunSeed(seed);
            }
            catch (Exception failure)
            {
                throw new InvalidOperationException($"seed {seed}", failure);
            }
        }
    }

    private static void RunSeed(ulong seed)
    {
        Rng rng = new(seed);
        int models = 1 + rng.Below(6);
        long[] bytes = [.. Enumerable.Range(0, models).Select(_ => 10L + rng.Below(40))];
        long budget = rng.Below(4) == 0 ? 0 : 50 + rng.Below(60);
        LifecycleWorld world = new(budget, bytes)
        {
            LoadTime = TimeSpan.FromMilliseconds(1 + rng.Below(200)),
            Fault = _ => rng.Below(20) == 0 ? ServeErrors.ModelLoadFailed.At("by chance") : null,
            Measured = slot => rng.Below(3) == 0 ? bytes[slot] + rng.Below(8) : 0,
        };
        world.LoadAll();
        for (int i = 0; i < 400; i++)
        {
            int slot = rng.Below(models);
            TimeSpan at = TimeSpan.FromMilliseconds(rng.Below(20_000));
            TimeSpan computes = TimeSpan.FromMilliseconds(rng.Below(60));
            TimeSpan? patience = rng.Below(2) == 0 ? null : TimeSpan.FromMilliseconds(rng.Below(400));
            switch (rng.Below(20))
            {
                case 0:
                    world.At(world.Now + at, () => world.AskUnload(slot));
                    break;
                case 1 or 2:
                    world.At(world.Now + at, () => world.AskLoad(slot));
                    break;
                case 3:
                    world.At(world.Now + at, () => world.Vanish(slot));
                    break;
                default:
                    world.At(world.Now + at, () => world.Ask(slot, computes, patience));
                    break;
            }
        }

        world.Run();
        Assert.Equal(0, world.Waiting);
        Assert.Empty(world.State.Waiters);
        Assert.DoesNotContain(world.State.Slots, static slot => slot.Phase is not (
            ModelPhase.Absent or ModelPhase.Resting or ModelPhase.Ready));
        Assert.True(budget == 0 || world.State.HeldBytes <= budget);
    }
}
