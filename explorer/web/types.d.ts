// Types that several modules name, and the two globals. Nothing of it reaches the browser.
declare global {
  interface Window {
    explorer: { module(name: string): Promise<any> };
    Plotly: any;
  }

  /** A seed, a class and what is done to them: see explorer/core/recipe.py. */
  interface Recipe {
    checkpoint: string;
    seed?: number;
    label?: number;
    psi?: number;
    cutoff?: number | null;
    noise?: string;
    z?: string;
    w?: string;
    tuned?: string;
    mix?: Mix[];
    edits?: Edit[];
  }

  /** [seed, first layer, last layer or null for the last of all] */
  type Mix = [number, number, number | null];
  /** [method:axis or w:vector, strength, first layer, last layer or null] */
  type Edit = [string, number, number, number | null];

  /** What the page knows of a checkpoint: `capabilities` of explorer/rendering/server.py. */
  interface Model {
    name: string;
    resolution: number;
    layers: number;
    noise: boolean;
    /** whether its images are shown pixel by pixel, unless a person wants them smooth */
    crisp: boolean;
    /** whether points of its images can be dragged */
    draggable: boolean;
    /** whether scores can be asked for; the sentence on one that is left out */
    critic: boolean;
    critic_error: string;
    classes: string[];
    defaults: Record<string, any>;
  }

  /** A function of the server: one object in, one object out, {error: sentence} for bad input. */
  type Call = (question: object) => Promise<any>;
  type Server = Record<string, Call>;
  type Trigger = (name: string, data: object) => void;
  type Watch = (property: string, then: () => void) => void;
  /** What gr.HTML gives a script; `value` is what Python sets. */
  type Props = { value: any; keyframes?: Recipe[] };
}

export {};
