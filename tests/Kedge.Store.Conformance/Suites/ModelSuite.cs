using Kedge.Store.Conformance.Drivers;
using Kedge.Store.Conformance.Model;
using Kedge.Store.Memory;

namespace Kedge.Store.Conformance.Suites;

/// <summary>Random calls, made on the model and on the store under test: outcomes and rows must be the same.</summary>
public abstract class ModelSuite(IStoreDriver driver) : StoreSuite(driver)
{
    private const int CallsPerSeed = 400;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public async Task Random_calls_end_as_in_the_model(int seed)
    {
        await using MemoryStore model = new(TimeProvider.System);
        RandomCalls calls = new(seed);
        HashSet<string> outcomes = [];
        for (int index = 0; index < CallsPerSeed; index++)
        {
            RandomCall call = calls.Next(await model.RevisionAsync(None));
            string expected = Describe.Of(await call.RunAsync(model));
            string actual = Describe.Of(await call.RunAsync(Store));
            Assert.True(expected == actual, $"seed {seed}, call {index}, {call.Name}:\n{expected}\n{actual}");
            Assert.Equal(await model.RevisionAsync(None), await RevisionAsync());
            outcomes.Add($"{call.Name} {expected.Split('(')[0]}");
        }

        Assert.Equal(await WholeStore.ReadAsync(model), await WholeStore.ReadAsync(Store));
        Assert.True(outcomes.Count > 40, $"seed {seed} met only these: {string.Join(", ", outcomes)}");
    }
}
