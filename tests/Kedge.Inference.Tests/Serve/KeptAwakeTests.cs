using Kedge.ModelServer.Http;

namespace Kedge.Inference.Tests.Serve;

public sealed class KeptAwakeTests
{
    [Fact]
    public void One_client_alone_keeps_a_thread_looking_and_several_do_not()
    {
        KeptAwake awake = new();
        object one = new();
        object other = new();
        for (int i = 0; i < 1000; i++)
        {
            awake.Answered(i % KeptAwake.InARow == 0 ? other : one);
        }

        Assert.False(SpinWait.SpinUntil(() => awake.Items > 0, TimeSpan.FromMilliseconds(100)));
        for (int i = 0; i < KeptAwake.InARow + 50; i++)
        {
            awake.Answered(one);
        }

        Assert.True(SpinWait.SpinUntil(() => awake.Items >= 50, TimeSpan.FromSeconds(30)));
        Assert.InRange(awake.Items, 50, 50 + KeptAwake.InARow);
    }
}
