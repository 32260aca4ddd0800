using Kedge.ModelServer.Http;

namespace Kedge.Inference.Tests.Serve;

public sealed class KeptAwakeTests
{
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(100);

    [Fact]
    public void One_client_alone_keeps_a_thread_looking()
    {
        KeptAwake awake = new();
        object one = new();
        for (int i = 0; i < KeptAwake.InARow + 50; i++)
        {
            awake.Answered(one, nowMs: 1000 + (i / 10));
        }

        Assert.True(SpinWait.SpinUntil(() => awake.Items == 50, TimeSpan.FromSeconds(30)), $"{awake.Items} items");
    }

    [Fact]
    public void Several_do_not()
    {
        KeptAwake awake = new();
        object one = new();
        object other = new();
        for (int i = 0; i < 1000; i++)
        {
            awake.Answered(i % KeptAwake.InARow == 0 ? other : one, nowMs: 1000);
        }

        Assert.False(SpinWait.SpinUntil(() => awake.Items > 0, Moment));
    }

    [Fact]
    public void One_that_asks_now_and_then_does_not()
    {
        KeptAwake awake = new();
        object one = new();
        for (int i = 0; i < 1000; i++)
        {
            awake.Answered(one, nowMs: i * (KeptAwake.ApartMsMax + 1));
        }

        Assert.False(SpinWait.SpinUntil(() => awake.Items > 0, Moment));
    }
}
