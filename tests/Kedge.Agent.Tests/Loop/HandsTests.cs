using System.Text;
using System.Text.Json;
using Kedge.Core;
using Kedge.Wire;
using Kedge.Wire.Asking;

namespace Kedge.Agent.Tests.Loop;

public sealed class HandsTests
{
    private static readonly DeploymentId Bearing = new("bearing");

    [Fact]
    public void A_question_for_logs_is_acknowledged_and_answered_with_the_last_lines()
    {
        using TestDevice device = Started();
        device.Supervisor.Logs[Bearing] = ["one", "two", "three"];
        byte[] question = AskFormat.Write(Ask(7, lines: 2));
        Deliver(device, question);

        AnswerMessage answer = Assert.Single(Answers(device));
        Assert.Equal(new AnswerMessage(7, "two\nthree\n", ""), answer);
        Assert.Same(question, Assert.Single(device.Link.Acknowledged));
        Assert.DoesNotContain("DesiredRefused", device.Reasons);
    }

    [Theory]
    [InlineData("reboot", "bearing", 10, "KEDGE-LINK-008")]
    [InlineData("", "bearing", 10, "KEDGE-LINK-008")]
    [InlineData("logs", "../etc", 10, "KEDGE-LINK-009")]
    [InlineData("logs", "", 10, "KEDGE-LINK-009")]
    [InlineData("logs", "bearing", 0, "KEDGE-LINK-009")]
    [InlineData("logs", "bearing", 10_001, "KEDGE-LINK-009")]
    [InlineData("logs", "unheard-of", 10, "KEDGE-AGENT-023")]
    public void A_question_that_has_no_answer_is_told_why(string ask, string workload, int lines, string code)
    {
        using TestDevice device = Started();
        device.Supervisor.Logs[Bearing] = ["one"];
        Deliver(device, AskFormat.Write(new AskMessage { Id = 3, Ask = ask, Workload = workload, Lines = lines }));

        AnswerMessage answer = Assert.Single(Answers(device));
        Assert.Equal(3, answer.Id);
        Assert.Equal("", answer.Text);
        Assert.StartsWith(code, answer.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{\"v\":1,\"ask\":\"logs\"}")]
    [InlineData("{\"v\":9,\"id\":1,\"ask\":\"logs\"}")]
    [InlineData("{\"v\":1,\"id\":\"x\",\"ask\":\"logs\"}")]
    [InlineData("{\"v\":1,\"id\":1,\"ask\":null}")]
    public void Garbage_is_acknowledged_and_dropped_and_the_next_question_is_answered(string garbage)
    {
        using TestDevice device = Started();
        device.Supervisor.Logs[Bearing] = ["one"];
        Deliver(device, Encoding.UTF8.GetBytes(garbage));
        Assert.Empty(Answers(device));
        Assert.Single(device.Link.Acknowledged);
        Deliver(device, new byte[AskFormat.BytesMax + 1]);
        Assert.Empty(Answers(device));

        Deliver(device, AskFormat.Write(Ask(1)));
        Assert.Equal("one\n", Assert.Single(Answers(device)).Text);
        Assert.True(device.Agent!.Snapshot.IsLinkUp);
        Assert.DoesNotContain("DesiredRefused", device.Reasons);
    }

    [Fact]
    public void While_reports_fill_the_window_a_question_is_answered_and_none_is_sent_twice()
    {
        using TestDevice device = new();
        device.Start();
        device.Link.HoldsAcks = true;
        device.Want(1, TestFleet.Workload("bearing", device.Fleet.Package("bearing", new byte[1000])));
        device.Supervisor.Logs[Bearing] = ["one"];
        for (int i = 0; i < Limits.LinkInFlightMax + 4; i++)
        {
            device.Supervisor.Crash(device.Supervisor.Alive.FirstOrDefault());
            device.Pass(TimeSpan.FromMinutes(3));
        }

        Assert.True(device.Agent!.Snapshot.SpoolMessages > 0);
        Deliver(device, AskFormat.Write(Ask(5)));
        Assert.Equal("one\n", Assert.Single(Answers(device)).Text);

        device.Link.HoldsAcks = false;
        device.Link.ReleaseAcks();
        device.Run();
        Assert.Equal(0, device.Agent.Snapshot.SpoolMessages);
        long[] sequences = [.. device.Messages.Select(static m => m.Sequence)];
        Assert.Equal(sequences.Distinct().Order(), sequences);
    }

    [Fact]
    public void Questions_beyond_the_bound_are_dropped_until_an_answer_has_left()
    {
        using TestDevice device = Started();
        device.Supervisor.Logs[Bearing] = ["one"];
        device.Link.HoldsAcks = true;
        for (int i = 1; i <= AgentLimits.AsksMax + 3; i++)
        {
            Deliver(device, AskFormat.Write(Ask(i)));
        }

        Assert.Equal(AgentLimits.AsksMax, Answers(device).Count);
        device.Link.ReleaseAcks();
        device.Run();
        Deliver(device, AskFormat.Write(Ask(100)));
        Assert.Equal(100, Answers(device)[^1].Id);
    }

    [Fact]
    public void A_cut_link_frees_the_desk_and_an_answer_is_never_sent_again()
    {
        using TestDevice device = Started();
        device.Supervisor.Logs[Bearing] = ["one"];
        device.Link.HoldsAcks = true;
        for (int i = 1; i <= AgentLimits.AsksMax; i++)
        {
            Deliver(device, AskFormat.Write(Ask(i)));
        }

        device.Link.Cut();
        device.Link.HoldsAcks = false;
        device.Pass(TimeSpan.FromMinutes(1));
        Assert.True(device.Agent!.Snapshot.IsLinkUp);
        Assert.Equal(AgentLimits.AsksMax, Answers(device).Count);
        Deliver(device, AskFormat.Write(Ask(50)));
        Assert.Equal(50, Answers(device)[^1].Id);
    }

    [Theory]
    [InlineData("plain line of a log")]
    [InlineData("\u0001\u001b[31m\"\\ quoted and escaped")]
    [InlineData("größer als 90 °C 🙂")]
    public void An_answer_is_one_message_and_keeps_the_newest_lines(string line)
    {
        string[] lines = [.. Enumerable.Range(0, 10_000).Select(i => $"{i} {line}")];
        byte[] bytes = AnswerFormat.Write(new AnswerMessage(1, string.Concat(lines.Select(static l => l + "\n")), ""));
        Assert.InRange(bytes.Length, Limits.UpMessageBytesMax / 2, Limits.UpMessageBytesMax);
        string[] kept = AnswerFormat.TryRead(bytes)!.Text.TrimEnd('\n').Split('\n');
        Assert.Equal(lines[^kept.Length..], kept);

        string endless = string.Concat(Enumerable.Repeat(line, 20_000));
        bytes = AnswerFormat.Write(new AnswerMessage(1, endless, new string('\u0001', 5000)));
        Assert.InRange(bytes.Length, 1, Limits.UpMessageBytesMax);
        Assert.EndsWith(AnswerFormat.TryRead(bytes)!.Text, endless, StringComparison.Ordinal);
    }

    private static TestDevice Started()
    {
        TestDevice device = new();
        device.Start();
        device.Run();
        return device;
    }

    private static AskMessage Ask(long id, int lines = 100) =>
        new() { Id = id, Ask = AskMessage.Logs, Workload = Bearing.ToString(), Lines = lines };

    private static void Deliver(TestDevice device, byte[] question)
    {
        Assert.True(device.Link.Deliver(
            Topics.Of(device.Fleet.Identity.Tenant, device.Fleet.Identity.Device, Topics.Ask), question));
        device.Run();
    }

    private static List<AnswerMessage> Answers(TestDevice device) =>
    [
        .. device.Link.Published
            .Where(static p => p.Topic.EndsWith("/" + Topics.Answer, StringComparison.Ordinal))
            .Select(static p => AnswerFormat.TryRead(p.Payload) ?? throw new JsonException("no answer")),
    ];
}
