using Kedge.Inference.Control;

namespace Kedge.Inference.Tests.Serve;

public sealed class ControlLineTests
{
    [Fact]
    public void A_status_with_as_many_models_as_may_be_and_the_longest_names_fits_a_line()
    {
        ControlReply reply = new()
        {
            Ok = true,
            Nonce = new string('n', 128),
            ProgramVersion = new string('p', 128),
            Error = new string('e', 4096),
            Models =
            [
                .. Enumerable.Repeat(
                    new ControlModel(new string('m', 63), new string('v', 128), "sha256:" + new string('d', 64)),
                    InferenceLimits.ModelsMax),
            ],
        };
        Assert.InRange(reply.ToLine().Length, 1, InferenceLimits.ControlLineBytesMax - 1);
        Assert.Equal(InferenceLimits.ControlLineBytesMax, Kedge.Native.LineChannel.LineBytesMax);
    }
}
