namespace Kedge.Core.Tests;

public sealed class LimitsTests
{
    [Fact]
    public void A_device_that_vanished_is_noticed_within_half_a_minute()
    {
        // MQTT 5.0 §3.1.2.10: a server ends a connection after one and a half keep-alives of silence.
        Assert.True(Limits.LinkKeepAlive * 1.5 <= TimeSpan.FromSeconds(30));
        Assert.True(Limits.LinkKeepAlive <= Limits.LinkKeepAliveMax);
        Assert.True(Limits.LinkKeepAliveMax * 1.5 < Limits.StaleAfter);
    }
}
