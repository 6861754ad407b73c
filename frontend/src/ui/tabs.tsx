import type { ReactNode } from "react";
import { Tab, TabList, TabPanel, Tabs } from "react-aria-components";

export interface TabEntry<K extends string> {
  key: K;
  label: string;
  content: () => ReactNode;
}

/** Parts of a page of which one is in sight; which one stands in the address. */
export function PageTabs<K extends string>({
  label,
  value,
  tabs,
  onChange,
}: {
  label: string;
  value: K;
  tabs: TabEntry<K>[];
  onChange: (value: K) => void;
}) {
  return (
    <Tabs selectedKey={value} onSelectionChange={(key) => onChange(key as K)}>
      <TabList
        aria-label={label}
        className="mb-4 flex gap-1 overflow-x-auto overflow-y-hidden border-b border-line"
      >
        {tabs.map((tab) => (
          <Tab
            key={tab.key}
            id={tab.key}
            className="cursor-pointer border-b-2 border-transparent px-3 py-2 text-control font-medium whitespace-nowrap text-ink-2 outline-offset-[-2px] data-[selected]:border-accent data-[selected]:text-ink"
          >
            {tab.label}
          </Tab>
        ))}
      </TabList>
      {tabs.map((tab) => (
        <TabPanel key={tab.key} id={tab.key}>
          {tab.content()}
        </TabPanel>
      ))}
    </Tabs>
  );
}
